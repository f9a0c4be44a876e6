// Seconds a scheduler step of one parameter group, a line a case.

#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "optim/param_group.h"
#include "optim/param_scheduler.h"
#include "optim/schedulers/constant_configs.pb.h"
#include "optim/schedulers/cosine_annealing_configs.pb.h"
#include "optim/schedulers/exponential_configs.pb.h"
#include "optim/schedulers/linear_configs.pb.h"
#include "optim/schedulers/multi_step_configs.pb.h"
#include "optim/schedulers/one_cycle_configs.pb.h"
#include "optim/schedulers/poly_configs.pb.h"
#include "optim/schedulers/step_configs.pb.h"

namespace anneal {
namespace {

constexpr int kSteps = 200000;
constexpr int kRounds = 5;

template <typename Config>
void Measure(const std::string& name, Config config) {
  config.set_by_epoch(false);
  config.set_end(kSteps * kRounds + 1);
  std::vector<ParamGroup> groups(1);
  groups[0].options = Dict{
      {"lr", 0.1},           {"momentum", 0.9},         {"dampening", 0.0},
      {"weight_decay", 0.0}, {"nesterov", false},       {"maximize", false},
      {"foreach", Value()},  {"differentiable", false}, {"fused", Value()}};
  const auto scheduler = *BuildParamScheduler(config, &groups);
  absl::Duration best = absl::InfiniteDuration();
  for (int round = 0; round < kRounds; ++round) {
    const absl::Time begin = absl::Now();
    for (int i = 0; i < kSteps; ++i) scheduler->Step().IgnoreError();
    best = std::min(best, (absl::Now() - begin) / kSteps);
  }
  for (const char* peer : {"mmengine", "torch"}) {
    std::printf("%s_%s %.12f\n", name.c_str(), peer,
                absl::ToDoubleSeconds(best));
  }
}

void MeasureAll() {
  Measure("ConstantLR", ConstantLRConfig());
  Measure("CosineAnnealingLR", CosineAnnealingLRConfig());
  ExponentialLRConfig exponential;
  exponential.set_gamma(0.999999);
  Measure("ExponentialLR", exponential);
  Measure("LinearLR", LinearLRConfig());
  MultiStepLRConfig multi_step;
  multi_step.add_milestones(80);
  multi_step.add_milestones(110);
  Measure("MultiStepLR", multi_step);
  OneCycleLRConfig one_cycle;
  one_cycle.add_eta_max(0.1);
  Measure("OneCycleLR", one_cycle);
  Measure("PolyLR", PolyLRConfig());
  StepLRConfig step;
  step.set_step_size(30);
  step.set_gamma(0.999);
  Measure("StepLR", step);
}

}  // namespace
}  // namespace anneal

int main() { anneal::MeasureAll(); }
