// WSDLR, WSDMomentum and WSDParamScheduler.

#include <cmath>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "optim/schedulers/scheduler_of.h"
#include "optim/schedulers/wsd_configs.pb.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Warm-up, stable, decay (Hu et al.: MiniCPM, 2024). It looks at no other value
// but the initial one.
class WSDSchedule : public Schedule {
 public:
  // The part of the way down that is left after part `t` of the decay.
  using Decay = double (*)(double t);

  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext& context) {
    ASSIGN_OR_RETURN(const int64_t warmup,
                     context.Scaled("warmup_steps", config.warmup_steps()));
    ASSIGN_OR_RETURN(const int64_t decay,
                     context.Scaled("decay_steps", config.decay_steps()));
    const double least = config.eta_min_ratio();
    RETURN_IF_ERROR(CheckField(warmup >= 0, "warmup_steps",
                               config.warmup_steps(), "not negative"));
    RETURN_IF_ERROR(CheckField(decay >= 0, "decay_steps", config.decay_steps(),
                               "not negative"));
    RETURN_IF_ERROR(CheckField(least >= 0 && least <= 1, "eta_min_ratio", least,
                               "in [0, 1]"));
    RETURN_IF_ERROR(context.CheckHasEnd("WSD"));
    if (warmup + decay > context.total_steps()) {
      return absl::InvalidArgumentError(
          absl::StrCat("warmup_steps and decay_steps are ", warmup + decay, " ",
                       context.units(), ", more than the ",
                       context.total_steps(), " from begin to end"));
    }
    const Decay fall = DecayOf(config.decay_type());
    if (fall == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat("decay_type is \"", config.decay_type(),
                       "\"; it must be linear, cosine or 1-sqrt"));
    }
    return std::make_unique<WSDSchedule>(warmup, context.total_steps() - decay,
                                         decay, least, fall);
  }

  WSDSchedule(int64_t warmup, int64_t decay_begin, double decay, double least,
              Decay fall)
      : warmup_(warmup),
        decay_begin_(decay_begin),
        decay_(decay),
        least_(least),
        fall_(fall) {}

  double Next(int64_t step, const ScheduledValue& value) const override {
    double left = 1;
    if (step < warmup_) {
      left = step / static_cast<double>(warmup_);
    } else if (step >= decay_begin_) {
      left = fall_((step - decay_begin_) / decay_);
    }
    return value.initial * (least_ + (1 - least_) * left);
  }

 private:
  static Decay DecayOf(const std::string& type) {
    if (type == "linear") return [](double t) { return 1 - t; };
    if (type == "1-sqrt") return [](double t) { return 1 - std::sqrt(t); };
    if (type != "cosine") return nullptr;
    return [](double t) { return (1 + std::cos(M_PI * t)) / 2; };
  }

  int64_t warmup_;
  int64_t decay_begin_;
  double decay_;
  double least_;
  Decay fall_;
};

using WSDLR = SchedulerOf<WSDSchedule, WSDLRConfig, kLR>;
using WSDMomentum = SchedulerOf<WSDSchedule, WSDMomentumConfig, kMomentum>;
using WSDParamScheduler = SchedulerOf<WSDSchedule, WSDParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, WSDLR);
ANNEAL_REGISTER(ParamScheduler, WSDMomentum);
ANNEAL_REGISTER(ParamScheduler, WSDParamScheduler);

}  // namespace
}  // namespace anneal
