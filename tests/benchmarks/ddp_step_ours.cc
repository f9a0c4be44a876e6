// Seconds of a training step under DDPStrategy, two processes of one thread
// each over Gloo and over shm, as compare.py takes them. With --trace FILE, or
// --trace FILE gpt, it writes the events of three steps for a trace viewer
// (https://ui.perfetto.dev) instead.

#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/text_format.h>
#include <torch/csrc/autograd/profiler_kineto.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "dist/communicator.h"
#include "model/base_model.h"
#include "registry/registry.h"
#include "strategy/ddp.pb.h"
#include "strategy/strategy.h"
#include "structures/batch.h"
#include "tests/support/ranks.h"
#include "utils/value.h"

namespace anneal {
namespace {

constexpr int kWarmUp = 5;
constexpr int kSteps = 30;

struct Work {
  const char* name;
  // As text protobufs.
  const char* model;
  Batch (*make_batch)();
};

// 10.5 million parameters.
constexpr Work kMlp = {
    "mlp",
    "[type.googleapis.com/anneal.MLPConfig] {"
    " widths: [1024, 2048, 2048, 2048, 10] }",
    [] {
      return Batch(Dict{{"inputs", at::randn({8, 1024})},
                        {"labels", at::randint(10, {8}, at::kLong)}});
    }};
// examples/shakespeare/gpt.yaml's.
constexpr Work kGpt = {
    "gpt",
    "[type.googleapis.com/anneal.GPTConfig] {"
    " vocab_size: 65 block_size: 64 n_layer: 4 n_head: 4 n_embd: 128 }",
    [] {
      return Batch(Dict{{"inputs", at::randint(65, {16, 64}, at::kLong)},
                        {"labels", at::randint(65, {16, 64}, at::kLong)}});
    }};

constexpr char kOptim[] =
    "[type.googleapis.com/anneal.OptimWrapperConfig] { optimizer {"
    " [type.googleapis.com/anneal.AdamWConfig] { lr: 0.001 } } }";

template <typename T>
T ValueOrExit(absl::StatusOr<T> result) {
  if (result.ok()) return *std::move(result);
  std::fprintf(stderr, "%s\n", std::string(result.status().message()).c_str());
  std::exit(1);
}

google::protobuf::Any Parse(const char* text) {
  google::protobuf::Any any;
  if (!google::protobuf::TextFormat::ParseFromString(text, &any)) std::exit(1);
  return any;
}

std::unique_ptr<Strategy> Prepare(const Work& work,
                                  dist::Communicator& communicator) {
  google::protobuf::Any ddp;
  ddp.PackFrom(DDPStrategyConfig());
  auto strategy =
      ValueOrExit(RegistryOf<Strategy>::Get().Build(ddp, &communicator));
  std::shared_ptr<BaseModel> model =
      ValueOrExit(RegistryOf<BaseModel>::Get().Build(Parse(work.model)));
  const google::protobuf::Any optim = Parse(kOptim);
  const absl::Status status =
      strategy->Prepare(std::move(model), &optim, nullptr);
  if (!status.ok()) ValueOrExit(absl::StatusOr<int>(status));
  return strategy;
}

// The shortest of a step's times.
double SecondsOfStep(Strategy& strategy, const Batch& batch) {
  absl::Duration shortest = absl::InfiniteDuration();
  for (int step = 0; step < kWarmUp + kSteps; ++step) {
    const absl::Time begin = absl::Now();
    strategy.TrainStep(batch);
    if (step >= kWarmUp) shortest = std::min(shortest, absl::Now() - begin);
  }
  return absl::ToDoubleSeconds(shortest);
}

void Measure(const Work& work, const std::string& backend,
             const std::string& suffix) {
  RunRanks(
      2,
      [&](dist::Communicator& communicator) {
        const auto strategy = Prepare(work, communicator);
        const double seconds = SecondsOfStep(*strategy, work.make_batch());
        if (!communicator.is_main_rank()) return;
        for (const char* peer : {"torch", "mmengine"}) {
          std::printf("%s_%s%s %.9f\n", work.name, peer, suffix.c_str(),
                      seconds);
        }
      },
      backend);
}

void Trace(const std::string& path, const Work& work) {
  namespace profiler = torch::profiler::impl;
  RunRanks(2, [&](dist::Communicator& communicator) {
    const auto strategy = Prepare(work, communicator);
    const Batch batch = work.make_batch();
    for (int step = 0; step < kWarmUp; ++step) strategy->TrainStep(batch);
    if (!communicator.is_main_rank()) {
      for (int step = 0; step < 3; ++step) strategy->TrainStep(batch);
      return;
    }
    const profiler::ProfilerConfig config(profiler::ProfilerState::KINETO);
    const std::set<profiler::ActivityType> activities = {
        profiler::ActivityType::CPU};
    torch::autograd::profiler::prepareProfiler(config, activities);
    torch::autograd::profiler::enableProfiler(config, activities);
    for (int step = 0; step < 3; ++step) strategy->TrainStep(batch);
    torch::autograd::profiler::disableProfiler()->save(path);
  });
}

void MeasureAll() {
  for (const Work& work : {kMlp, kGpt}) {
    Measure(work, "gloo", "");
    Measure(work, "shm", "_shm");
  }
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) {
  if (argc >= 3 && std::string(argv[1]) == "--trace") {
    const bool is_gpt = argc > 3 && std::string(argv[3]) == "gpt";
    anneal::Trace(argv[2], is_gpt ? anneal::kGpt : anneal::kMlp);
  } else {
    anneal::MeasureAll();
  }
  return 0;
}
