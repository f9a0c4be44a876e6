// A training loop of one's own on LibTorch with parts of Anneal: its AdamW, its
// GradScaler and a cosine schedule, without configs, runner or hooks. Fits a
// sine with a small network and prints the loss on the way.

#include <ATen/Context.h>
#include <ATen/ops/linspace.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tanh.h>
#include <torch/nn/modules/linear.h>

#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>

#include "optim/adamw.h"
#include "optim/grad_scaler.h"
#include "optim/param_scheduler.h"
#include "optim/schedulers/cosine_annealing_configs.pb.h"

namespace {

constexpr int64_t kSteps = 500;

struct Net : torch::nn::Module {
  at::Tensor forward(const at::Tensor& x) {
    return out->forward(at::tanh(in->forward(x)));
  }

  torch::nn::Linear in = register_module("in", torch::nn::Linear(1, 32));
  torch::nn::Linear out = register_module("out", torch::nn::Linear(32, 1));
};

absl::Status Run() {
  at::manual_seed(0);
  Net net;
  const at::Tensor x = at::linspace(-1, 1, 256).unsqueeze(1);
  const at::Tensor y = at::sin(3 * x);

  anneal::AdamWConfig adamw;
  adamw.set_lr(0.02);
  auto optimizer = anneal::AdamW::Create(adamw, {{net.parameters(), {}, {}}});
  if (!optimizer.ok()) return optimizer.status();

  anneal::CosineAnnealingLRConfig cosine;
  cosine.set_by_epoch(false);
  cosine.set_end(kSteps);
  auto schedule =
      anneal::BuildParamScheduler(cosine, &(*optimizer)->param_groups());
  if (!schedule.ok()) return schedule.status();

  anneal::GradScaler scaler{anneal::GradScaler::Options()};

  for (int64_t step = 0; step < kSteps; ++step) {
    const at::Tensor loss = at::mse_loss(net.forward(x), y);
    if (step % 100 == 0 || step == kSteps - 1) {
      std::printf("step %3d  lr %.4f  loss %.6f\n", static_cast<int>(step),
                  (*optimizer)->param_groups()[0].real("lr"),
                  loss.item<double>());
    }
    scaler.Scale(loss).backward();
    scaler.Step(optimizer->get());
    scaler.Update();
    (*optimizer)->ZeroGrad();
    const absl::Status stepped = (*schedule)->Step();
    if (!stepped.ok()) return stepped;
  }
  return absl::OkStatus();
}

}  // namespace

int main() {
  const absl::Status status = Run();
  if (!status.ok()) std::cerr << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
