// One step of an optimizer over the parameters of a ResNet-50 (161 tensors, 25
// million numbers) and over 2,000 tensors of 100. Peer: torch::optim's loop,
// and for Lion, which it lacks, a loop that is written like those. "clip" is
// AdamW with a scaled loss and clipping by norm: the wrapper's step against
// unscaling, clip_grad_norm_ and step. The two take turns on one thread; the
// figure is the processor's time for the best step of each, which what else
// runs disturbs the least.
//
// With --seconds it prints "CASE SECONDS" of ours alone, for compare.py.

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_amp_foreach_non_finite_check_and_unscale.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <time.h>
#include <torch/nn/module.h>
#include <torch/nn/utils/clip_grad.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "optim/adam.h"
#include "optim/adamw.h"
#include "optim/amp_optim_wrapper.pb.h"
#include "optim/base_optim_wrapper.h"
#include "optim/lion.h"
#include "optim/sgd.h"
#include "registry/registry.h"

namespace anneal {
namespace {

constexpr double kLr = 1e-3;

std::vector<at::Tensor> Parameters(
    const std::vector<std::vector<int64_t>>& shapes) {
  std::vector<at::Tensor> params;
  for (const auto& shape : shapes) {
    params.push_back(at::randn(shape).set_requires_grad(true));
    params.back().mutable_grad() = at::randn(shape);
  }
  return params;
}

std::vector<std::vector<int64_t>> SmallShapes() {
  return std::vector<std::vector<int64_t>>(2000, {100});
}

std::vector<std::vector<int64_t>> ResNet50Shapes() {
  std::vector<std::vector<int64_t>> shapes;
  auto conv = [&](int64_t out, int64_t in, int64_t kernel) {
    shapes.push_back({out, in, kernel, kernel});
    shapes.push_back({out});
    shapes.push_back({out});
  };
  conv(64, 3, 7);
  int64_t in = 64;
  const std::vector<std::pair<int64_t, int>> stages = {
      {64, 3}, {128, 4}, {256, 6}, {512, 3}};
  for (const auto& [width, blocks] : stages) {
    for (int block = 0; block < blocks; ++block) {
      conv(width, in, 1);
      conv(width, width, 3);
      conv(4 * width, width, 1);
      if (block == 0) conv(4 * width, in, 1);
      in = 4 * width;
    }
  }
  shapes.push_back({1000, in});
  shapes.push_back({1000});
  return shapes;
}

template <typename T>
std::unique_ptr<Optimizer> Ours(typename T::Config config,
                                const std::vector<at::Tensor>& params) {
  config.set_lr(kLr);
  auto optimizer = T::Create(config, {{params, {}, {}}});
  if (optimizer.ok()) return *std::move(optimizer);
  std::fprintf(stderr, "%s\n", optimizer.status().ToString().c_str());
  std::exit(1);
}

// As torch::optim would have it.
class LoopedLion {
 public:
  explicit LoopedLion(std::vector<at::Tensor> params)
      : params_(std::move(params)) {
    for (const at::Tensor& p : params_) {
      means_.push_back(at::zeros_like(p.detach()));
    }
  }

  void step() {
    at::NoGradGuard no_grad;
    for (size_t i = 0; i < params_.size(); ++i) {
      const at::Tensor& grad = params_[i].grad();
      params_[i].mul_(1 - kLr * 0.1);
      params_[i].add_(means_[i].mul(0.9).add_(grad, 0.1).sign_(), -kLr);
      means_[i].mul_(0.99).add_(grad, 0.01);
    }
  }

 private:
  std::vector<at::Tensor> params_;
  std::vector<at::Tensor> means_;
};

struct Contestants {
  std::function<void()> ours;
  std::function<void()> peer;
  int64_t bytes;  // the least that a step moves, for each number
  std::shared_ptr<torch::nn::Module> model;
};

template <typename T>
std::function<void()> Stepper(std::shared_ptr<T> optimizer) {
  return [optimizer] { optimizer->step(); };
}

constexpr double kScale = 2;
constexpr double kMaxNorm = 1;

// The whole of a step behind backward: gradients carry kScale.
Contestants MakeClip(const std::vector<std::vector<int64_t>>& shapes) {
  Contestants result;
  result.bytes = 8 * sizeof(float);  // AdamW's, and a look at the gradients
  result.model = std::make_shared<torch::nn::Module>();
  std::vector<at::Tensor> gradients;
  for (const at::Tensor& param : Parameters(shapes)) {
    gradients.push_back(param.grad());
    result.model->register_parameter(absl::StrCat("p", gradients.size()),
                                     param.detach());
  }
  AdamWConfig adamw;
  adamw.set_lr(kLr);
  AmpOptimWrapperConfig config;
  config.mutable_optimizer()->PackFrom(adamw);
  config.set_dtype("float32");
  config.mutable_loss_scale()->set_number_value(kScale);
  config.mutable_clip_grad()->set_max_norm(kMaxNorm);
  google::protobuf::Any any;
  any.PackFrom(config);
  auto built =
      RegistryOf<BaseOptimWrapper>::Get().Build(any, *result.model, nullptr);
  if (!built.ok()) {
    std::fprintf(stderr, "%s\n", built.status().ToString().c_str());
    std::exit(1);
  }
  std::shared_ptr<BaseOptimWrapper> wrapper = *std::move(built);
  // Backward costs nothing.
  const auto params = result.model->parameters();
  wrapper->set_backward([params, gradients](const at::Tensor&, bool) {
    for (size_t i = 0; i < params.size(); ++i) {
      params[i].mutable_grad() = gradients[i];
    }
  });
  const at::Tensor loss = at::zeros({});
  result.ours = [wrapper, loss] { wrapper->UpdateParams(loss); };
  const auto others = Parameters(shapes);
  auto peer = std::make_shared<torch::optim::AdamW>(
      others, torch::optim::AdamWOptions(kLr));
  std::vector<at::Tensor> grads;
  for (const at::Tensor& param : others) grads.push_back(param.grad());
  result.peer = [peer, others, grads] {
    at::Tensor found_inf = at::zeros({1});
    at::_amp_foreach_non_finite_check_and_unscale_(grads, found_inf,
                                                   at::full({1}, 1 / kScale));
    if (found_inf.item<float>() != 0) return;
    torch::nn::utils::clip_grad_norm_(others, kMaxNorm);
    peer->step();
  };
  return result;
}

Contestants Make(const std::string& name,
                 const std::vector<std::vector<int64_t>>& shapes) {
  if (name == "clip") return MakeClip(shapes);
  const auto params = Parameters(shapes);
  const auto others = Parameters(shapes);
  std::shared_ptr<Optimizer> ours;
  Contestants result;
  // Reads the parameter, its gradient and states, writes all but the gradient.
  result.bytes = 5 * sizeof(float);
  if (name == "SGD") {
    SGDConfig config;
    config.set_momentum(0.9);
    config.set_weight_decay(0.1);
    ours = Ours<SGD>(config, params);
    result.peer = Stepper(std::make_shared<torch::optim::SGD>(
        others, torch::optim::SGDOptions(kLr).momentum(0.9).weight_decay(0.1)));
  } else if (name == "Lion") {
    LionConfig config;
    config.set_weight_decay(0.1);
    ours = Ours<Lion>(config, params);
    result.peer = Stepper(std::make_shared<LoopedLion>(others));
  } else if (name == "Adam") {
    ours = Ours<Adam>({}, params);
    result.bytes = 7 * sizeof(float);
    result.peer = Stepper(std::make_shared<torch::optim::Adam>(
        others, torch::optim::AdamOptions(kLr)));
  } else {
    ours = Ours<AdamW>({}, params);
    result.bytes = 7 * sizeof(float);
    result.peer = Stepper(std::make_shared<torch::optim::AdamW>(
        others, torch::optim::AdamWOptions(kLr)));
  }
  result.ours = [ours] { ours->Step(); };
  return result;
}

absl::Duration TimeOf(const std::function<void()>& step) {
  auto now = [] {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return absl::DurationFromTimespec(time);
  };
  const absl::Duration begin = now();
  step();
  return now() - begin;
}

std::string Shown(absl::Duration duration) {
  char text[32];
  std::snprintf(text, sizeof(text), "%.0fus",
                absl::ToDoubleMicroseconds(duration));
  return text;
}

void Measure(const std::string& name, const std::string& size,
             const std::vector<std::vector<int64_t>>& shapes,
             bool prints_seconds) {
  const Contestants contestants = Make(name, shapes);
  int64_t numbers = 0;
  for (const auto& shape : shapes) {
    int64_t count = 1;
    for (const int64_t length : shape) count *= length;
    numbers += count;
  }
  absl::Duration ours = absl::InfiniteDuration();
  absl::Duration peer = absl::InfiniteDuration();
  const int rounds = size == "small" ? 100 : 25;
  for (int round = 0; round < rounds; ++round) {
    ours = std::min(ours, TimeOf(contestants.ours));
    if (!prints_seconds) peer = std::min(peer, TimeOf(contestants.peer));
  }
  if (prints_seconds) {
    std::printf("%s_%s %.9f\n", name.c_str(), size.c_str(),
                absl::ToDoubleSeconds(ours));
    return;
  }
  std::printf("figure: optimizer_step/%s_%s ours=%s peer=%s ratio=%.3f\n",
              name.c_str(), size.c_str(), Shown(ours).c_str(),
              Shown(peer).c_str(), absl::FDivDuration(ours, peer));
  std::printf(
      "  %s_%s: %.1f GB/s of the %ld bytes a number that it must move\n",
      name.c_str(), size.c_str(),
      numbers * contestants.bytes / absl::ToDoubleNanoseconds(ours),
      contestants.bytes);
  std::fflush(stdout);
}

}  // namespace
}  // namespace anneal

int main(int argc, char** argv) {
  const bool prints_seconds = argc > 1 && std::string(argv[1]) == "--seconds";
  at::set_num_threads(1);
  for (const char* name : {"SGD", "Adam", "AdamW", "Lion", "clip"}) {
    anneal::Measure(name, "small", anneal::SmallShapes(), prints_seconds);
    anneal::Measure(name, "large", anneal::ResNet50Shapes(), prints_seconds);
  }
  return 0;
}
