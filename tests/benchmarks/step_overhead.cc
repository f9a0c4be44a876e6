// What a training step costs: the whole engine (default hooks, loader, a log
// line every 50 steps, no checkpoint) against a bare LibTorch loop of the same
// model, data and optimizer, MLP 64-128-10 at batch 32 on one thread. The two
// take turns; the figure is the best round of each.

#include <ATen/Parallel.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/relu.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/sgd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "config/runner_config.h"
#include "fileio/file_client.h"
#include "fileio/safetensors.h"
#include "hooks/hook.h"
#include "registry/registry_index.h"
#include "runner/runner.h"

namespace anneal {
namespace {

constexpr int64_t kNumSamples = 32 * 500;
constexpr int64_t kBatchSize = 32;
constexpr int64_t kFeatures = 64;
constexpr int64_t kClasses = 10;
constexpr int kRounds = 5;
constexpr int64_t kSteps = 4000;
constexpr int64_t kWarmUp = 500;

constexpr char kConfig[] = R"(
model: {type: MLP, widths: [64, 128, 10]}
train_dataloader:
  batch_size: 32
  dataset: {type: TensorDataset, path: %s/data.safetensors}
  sampler: {type: InfiniteSampler}
train_cfg: {by_epoch: false, max_iters: 4000}
optim_wrapper: {optimizer: {type: SGD, lr: 0.01, momentum: 0.9}}
default_hooks:
  logger: {type: LoggerHook, interval: 50}
  checkpoint: null
work_dir: %s/work
randomness: {seed: 0}
)";

template <typename T>
T ValueOrExit(absl::StatusOr<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n",
                 std::string(result.status().message()).c_str());
    std::exit(1);
  }
  return *std::move(result);
}

// The time from the end of the warm-up to the last step.
class StepTimerHook : public Hook {
 public:
  explicit StepTimerHook(absl::Duration* total) : total_(total) {}
  int priority() const override { return kLowest; }
  absl::Status AfterTrainIter(Run& run, int64_t, const Batch&,
                              const LogVars&) override {
    if (run.iter() + 1 == kWarmUp) begin_ = absl::Now();
    if (run.iter() + 1 == kSteps) *total_ = absl::Now() - begin_;
    return absl::OkStatus();
  }

 private:
  absl::Duration* total_;
  absl::Time begin_;
};

absl::Duration EngineStep(const config::ResolvedConfig& config) {
  RunnerOptions options;
  options.config_name = "step_overhead";
  auto runner = ValueOrExit(Runner::Create(config.message, options));
  absl::Duration total;
  runner->AddHook(std::make_unique<StepTimerHook>(&total));
  const absl::Status status = runner->Train();
  if (!status.ok()) ValueOrExit(absl::StatusOr<int>(status));
  return total / (kSteps - kWarmUp);
}

absl::Duration BareStep(const at::Tensor& inputs, const at::Tensor& labels) {
  torch::nn::Linear in(kFeatures, 128);
  torch::nn::Linear out(128, kClasses);
  std::vector<at::Tensor> parameters = in->parameters();
  for (const at::Tensor& p : out->parameters()) parameters.push_back(p);
  torch::optim::SGD optimizer(parameters,
                              torch::optim::SGDOptions(0.01).momentum(0.9));
  absl::Time begin;
  at::Tensor order;
  for (int64_t step = 0; step < kSteps; ++step) {
    if (step == kWarmUp) begin = absl::Now();
    const int64_t batch = step % (kNumSamples / kBatchSize);
    if (batch == 0) order = at::randperm(kNumSamples);
    const at::Tensor rows = order.narrow(0, batch * kBatchSize, kBatchSize);
    optimizer.zero_grad();
    const at::Tensor scores =
        out->forward(at::relu(in->forward(inputs.index_select(0, rows))));
    const at::Tensor loss =
        at::cross_entropy_loss(scores, labels.index_select(0, rows));
    loss.backward();
    optimizer.step();
    // A loop that trains blind is no peer: the loss is looked at as often.
    if ((step + 1) % 50 == 0) std::fprintf(stderr, "%f\n", loss.item<float>());
  }
  return (absl::Now() - begin) / (kSteps - kWarmUp);
}

int Main() {
  at::set_num_threads(1);
  const std::string folder = (std::filesystem::temp_directory_path() /
                              absl::StrCat("step_overhead_", getpid()))
                                 .string();
  std::filesystem::create_directories(folder);
  const at::Tensor inputs = at::randn({kNumSamples, kFeatures});
  const at::Tensor labels = at::randint(0, kClasses, {kNumSamples}, at::kLong);
  absl::Status status =
      SaveSafetensors({Dict{{"inputs", inputs}, {"labels", labels}}, {}},
                      folder + "/data.safetensors");
  const std::string path = folder + "/step_overhead.yaml";
  char yaml[2048];
  std::snprintf(yaml, sizeof(yaml), kConfig, folder.c_str(), folder.c_str());
  if (status.ok()) status = fileio::PutText(yaml, path);
  if (!status.ok()) ValueOrExit(absl::StatusOr<int>(status));
  const auto config =
      ValueOrExit(config::LoadRunnerConfig(path, {}, RegistryIndex::Get()));

  absl::Duration ours = absl::InfiniteDuration();
  absl::Duration peer = absl::InfiniteDuration();
  for (int round = 0; round < kRounds; ++round) {
    ours = std::min(ours, EngineStep(config));
    peer = std::min(peer, BareStep(inputs, labels));
  }
  std::filesystem::remove_all(folder);
  std::printf("figure: step_overhead/mlp ours=%.1fus peer=%.1fus ratio=%.2f\n",
              absl::ToDoubleMicroseconds(ours),
              absl::ToDoubleMicroseconds(peer), absl::FDivDuration(ours, peer));
  return 0;
}

}  // namespace
}  // namespace anneal

int main() { return anneal::Main(); }
