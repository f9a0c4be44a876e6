// CosineRestartLR, CosineRestartMomentum and CosineRestartParamScheduler.

#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "optim/schedulers/cosine_restart_configs.pb.h"
#include "optim/schedulers/least_value.h"
#include "optim/schedulers/scheduler_of.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Half a cosine to the least value in each period, started again from a part of
// the initial one (Loshchilov, Hutter: SGDR, 2017).
class CosineRestartSchedule : public Schedule {
 public:
  struct Period {
    int64_t begin;
    int64_t length;
    double weight;
  };

  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext& context) {
    if (!config.has_eta_min() && !config.has_eta_min_ratio()) {
      return absl::InvalidArgumentError(
          "CosineRestart needs eta_min or eta_min_ratio; "
          "write eta_min: 0 to fall to nothing");
    }
    ASSIGN_OR_RETURN(const LeastValue least, LeastValueOf(config));
    std::vector<double> weights(config.restart_weights().begin(),
                                config.restart_weights().end());
    if (weights.empty()) weights.push_back(1);
    if (config.periods_size() != static_cast<int>(weights.size())) {
      return absl::InvalidArgumentError(
          absl::StrCat("there are ", config.periods_size(), " periods and ",
                       weights.size(), " restart_weights; give as many"));
    }
    std::vector<Period> periods;
    int64_t begin = 0;
    for (size_t i = 0; i < weights.size(); ++i) {
      RETURN_IF_ERROR(CheckField(config.periods(i) >= 1, "periods",
                                 config.periods(i), "at least 1"));
      RETURN_IF_ERROR(CheckFieldNotNegative("restart_weights", weights[i]));
      ASSIGN_OR_RETURN(const int64_t length,
                       context.Scaled("periods", config.periods(i)));
      periods.push_back({begin, length, weights[i]});
      begin += length;
      RETURN_IF_ERROR(CheckField(begin <= kMaxSteps, "the sum of periods",
                                 begin, absl::StrCat("at most ", kMaxSteps)));
    }
    return std::make_unique<CosineRestartSchedule>(std::move(periods), least);
  }

  CosineRestartSchedule(std::vector<Period> periods, LeastValue least)
      : periods_(std::move(periods)), least_(least) {}

  double Next(int64_t step, const ScheduledValue& value) const override {
    const auto behind = std::upper_bound(
        periods_.begin(), periods_.end(), step,
        [](int64_t at, const Period& period) { return at < period.begin; });
    const Period& period = *(behind - 1);
    const int64_t t = step - period.begin;
    if (t >= period.length) return value.current;
    if (t == 0) return value.initial * period.weight;
    const double least = least_.Of(value.initial);
    return (1 + std::cos(M_PI * t / period.length)) /
               (1 + std::cos(M_PI * (t - 1) / period.length)) *
               (value.current - least) +
           least;
  }

 private:
  std::vector<Period> periods_;
  LeastValue least_;
};

using CosineRestartLR =
    SchedulerOf<CosineRestartSchedule, CosineRestartLRConfig, kLR>;
using CosineRestartMomentum =
    SchedulerOf<CosineRestartSchedule, CosineRestartMomentumConfig, kMomentum>;
using CosineRestartParamScheduler =
    SchedulerOf<CosineRestartSchedule, CosineRestartParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, CosineRestartLR);
ANNEAL_REGISTER(ParamScheduler, CosineRestartMomentum);
ANNEAL_REGISTER(ParamScheduler, CosineRestartParamScheduler);

}  // namespace
}  // namespace anneal
