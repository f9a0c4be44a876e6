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
  CosineAnnealingSchedule(int64_t t_max, double least, bool is_ratio)
      : t_max_(t_max), least_(least), is_ratio_(is_ratio) {}

  double Next(int64_t step, double current, double initial) const override {
    if (step == 0) return current;
    const double least = is_ratio_ ? initial * least_ : least_;
    if ((step - 1 - t_max_) % (2 * t_max_) == 0) {
      return current + (initial - least) * (1 - std::cos(M_PI / t_max_)) / 2;
    }
    return (1 + std::cos(M_PI * step / t_max_)) /
               (1 + std::cos(M_PI * (step - 1) / t_max_)) * (current - least) +
           least;
  }

 private:
  int64_t t_max_;
  double least_;
  bool is_ratio_;  // least_ is a part of the initial value
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
  if (t_max < 1) {
    return absl::InvalidArgumentError(absl::StrCat("param_scheduler.T_max is ",
                                                   config.t_max(),
                                                   "; it must be at least 1"));
  }
  const bool is_ratio = config.has_eta_min_ratio();
  const double least = is_ratio ? config.eta_min_ratio() : config.eta_min();
  if (!(least >= 0 && std::isfinite(least))) {
    return absl::InvalidArgumentError(
        absl::StrCat("param_scheduler.", is_ratio ? "eta_min_ratio" : "eta_min",
                     " is ", least, "; it must be finite and not negative"));
  }
  return std::make_unique<CosineAnnealingSchedule>(t_max, least, is_ratio);
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
