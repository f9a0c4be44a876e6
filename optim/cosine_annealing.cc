// CosineAnnealingLR and CosineAnnealingMomentum.

#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/chained_scheduler.h"
#include "optim/cosine_annealing.pb.h"

namespace anneal {
namespace {

// Half a cosine from the initial value to the least and, beyond T_max, back
// (Loshchilov, Hutter: SGDR, 2017, without restarts).
class CosineAnnealingSchedule : public Schedule {
 public:
  CosineAnnealingSchedule(int64_t t_max, double eta_min, double eta_min_ratio)
      : t_max_(t_max), eta_min_(eta_min), eta_min_ratio_(eta_min_ratio) {}

  double Next(int64_t step, double current, double initial) const override {
    if (step == 0) return current;
    const double least =
        eta_min_ratio_ < 0 ? eta_min_ : initial * eta_min_ratio_;
    if ((step - 1 - t_max_) % (2 * t_max_) == 0) {
      return current + (initial - least) * (1 - std::cos(M_PI / t_max_)) / 2;
    }
    return (1 + std::cos(M_PI * step / t_max_)) /
               (1 + std::cos(M_PI * (step - 1) / t_max_)) * (current - least) +
           least;
  }

 private:
  int64_t t_max_;
  double eta_min_;
  double eta_min_ratio_;  // below 0: eta_min_ counts
};

template <typename Config>
absl::StatusOr<std::unique_ptr<Schedule>> MakeCosineAnnealingSchedule(
    const Config& config, const ChainedScheduler::Span& span) {
  if (config.has_eta_min() && config.has_eta_min_ratio()) {
    return absl::InvalidArgumentError(
        "param_scheduler: eta_min and eta_min_ratio exclude each other");
  }
  const int64_t t_max =
      config.has_t_max() ? config.t_max() * span.scale : span.end - span.begin;
  if (t_max < 1 || config.eta_min_ratio() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("param_scheduler: T_max ", config.t_max(),
                     " must be at least 1 and "
                     "eta_min_ratio ",
                     config.eta_min_ratio(), " not negative"));
  }
  return std::make_unique<CosineAnnealingSchedule>(
      t_max, config.eta_min(),
      config.has_eta_min_ratio() ? config.eta_min_ratio() : -1);
}

class CosineAnnealingLR : public ChainedScheduler {
 public:
  using Config = CosineAnnealingLRConfig;
  static absl::StatusOr<std::unique_ptr<ChainedScheduler>> Create(
      const Config& config, Optimizer* optimizer,
      const ScheduleLengths& lengths) {
    return CreateChained(config, "lr", optimizer, lengths,
                         MakeCosineAnnealingSchedule<Config>);
  }
};
ANNEAL_REGISTER(ParamScheduler, CosineAnnealingLR);

class CosineAnnealingMomentum : public ChainedScheduler {
 public:
  using Config = CosineAnnealingMomentumConfig;
  static absl::StatusOr<std::unique_ptr<ChainedScheduler>> Create(
      const Config& config, Optimizer* optimizer,
      const ScheduleLengths& lengths) {
    return CreateChained(config, "momentum", optimizer, lengths,
                         MakeCosineAnnealingSchedule<Config>);
  }
};
ANNEAL_REGISTER(ParamScheduler, CosineAnnealingMomentum);

}  // namespace
}  // namespace anneal
