// MultiStepLR and MultiStepMomentum.

#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/chained_scheduler.h"
#include "optim/multi_step.pb.h"

namespace anneal {
namespace {

// gamma * value at each milestone.
class MultiStepSchedule : public Schedule {
 public:
  MultiStepSchedule(std::map<int64_t, int> milestones, double gamma)
      : milestones_(std::move(milestones)), gamma_(gamma) {}

  double Next(int64_t step, double current, double) const override {
    auto it = milestones_.find(step);
    return it == milestones_.end() ? current
                                   : current * std::pow(gamma_, it->second);
  }

 private:
  std::map<int64_t, int> milestones_;  // step -> how often it is listed
  double gamma_;
};

template <typename Config>
absl::StatusOr<std::unique_ptr<Schedule>> MakeMultiStepSchedule(
    const Config& config, const ChainedScheduler::Span& span) {
  int64_t last = 0;
  std::map<int64_t, int> milestones;
  for (const int64_t milestone : config.milestones()) {
    if (milestone < last) {
      return absl::InvalidArgumentError(absl::StrCat(
          "param_scheduler.milestones has ", milestone, " after ", last,
          "; they must not be negative and stand in ascending order"));
    }
    last = milestone;
    ++milestones[milestone * span.scale];
  }
  if (!(config.gamma() >= 0 && std::isfinite(config.gamma()))) {
    return absl::InvalidArgumentError(
        absl::StrCat("param_scheduler.gamma is ", config.gamma(),
                     "; it must be finite and not negative"));
  }
  return std::make_unique<MultiStepSchedule>(std::move(milestones),
                                             config.gamma());
}

class MultiStepLR : public ChainedScheduler {
 public:
  using Config = MultiStepLRConfig;
  static absl::StatusOr<std::unique_ptr<ChainedScheduler>> Create(
      const Config& config, Optimizer* optimizer,
      const ScheduleLengths& lengths) {
    return CreateChained(config, "lr", optimizer, lengths,
                         MakeMultiStepSchedule<Config>);
  }
};
ANNEAL_REGISTER(ParamScheduler, MultiStepLR);

class MultiStepMomentum : public ChainedScheduler {
 public:
  using Config = MultiStepMomentumConfig;
  static absl::StatusOr<std::unique_ptr<ChainedScheduler>> Create(
      const Config& config, Optimizer* optimizer,
      const ScheduleLengths& lengths) {
    return CreateChained(config, "momentum", optimizer, lengths,
                         MakeMultiStepSchedule<Config>);
  }
};
ANNEAL_REGISTER(ParamScheduler, MultiStepMomentum);

}  // namespace
}  // namespace anneal
