// OneCycleLR and OneCycleParamScheduler.

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "optim/schedulers/one_cycle_configs.pb.h"
#include "optim/schedulers/scheduler_of.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Smith, Topin: Super-Convergence, 2018: from eta_max / div_factor up to
// eta_max and down to eta_max / div_factor / final_div_factor. It looks at no
// other value, and is the group's initial one.
class OneCycleSchedule : public Schedule {
 public:
  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext& context) {
    RETURN_IF_ERROR(Check(config, context));
    auto schedule = std::make_unique<OneCycleSchedule>();
    schedule->total_ = context.total_steps();
    if (config.has_total_steps()) {
      ASSIGN_OR_RETURN(schedule->total_,
                       context.Scaled("total_steps", config.total_steps()));
    }
    schedule->is_cosine_ = config.anneal_strategy() == "cos";
    for (const double peak : config.eta_max()) {
      const double first = peak / config.div_factor();
      schedule->peaks_.push_back(
          {first, peak, first / config.final_div_factor()});
    }
    const double rise = config.pct_start() * schedule->total_;
    schedule->phases_.push_back({rise - 1, &Peak::first, &Peak::peak});
    if (config.three_phase()) {
      schedule->phases_.push_back(
          {2 * config.pct_start() * schedule->total_ - 2, &Peak::peak,
           &Peak::first});
      schedule->phases_.push_back(
          {schedule->total_ - 1., &Peak::first, &Peak::last});
    } else {
      schedule->phases_.push_back(
          {schedule->total_ - 1., &Peak::peak, &Peak::last});
    }
    return schedule;
  }

  void Prepare(size_t group, ParamGroup* options) const override {
    const Peak& peak = PeakOf(group);
    options->options["initial_lr"] = peak.first;
    options->options["max_lr"] = peak.peak;
    options->options["min_lr"] = peak.last;
  }

  double Next(int64_t step, const ScheduledValue& value) const override {
    const Peak& peak = PeakOf(value.group);
    double begin = 0;
    size_t i = 0;
    for (; i + 1 < phases_.size() && step > phases_[i].end; ++i) {
      begin = phases_[i].end;
    }
    const Phase& phase = phases_[i];
    // A phase of no length is done, and what comes behind the last one stays.
    const double length = phase.end - begin;
    const double part = length == 0 ? 1 : std::min(1., (step - begin) / length);
    const double from = peak.*phase.from;
    const double to = peak.*phase.to;
    if (!is_cosine_) return (to - from) * part + from;
    return to + (from - to) / 2.0 * (std::cos(M_PI * part) + 1);
  }

 private:
  struct Peak {
    double first;
    double peak;
    double last;
  };
  struct Phase {
    // The step that it reaches its last value at.
    double end;
    double Peak::*from;
    double Peak::*to;
  };

  template <typename Config>
  static absl::Status Check(const Config& config,
                            const ScheduleContext& context) {
    if (context.param_name != "lr") {
      return absl::InvalidArgumentError(
          absl::StrCat("OneCycle changes lr, not ", context.param_name));
    }
    RETURN_IF_ERROR(
        CheckOnePerGroup("eta_max", config.eta_max_size(), context));
    for (const double peak : config.eta_max()) {
      RETURN_IF_ERROR(CheckField(peak > 0 && std::isfinite(peak), "eta_max",
                                 peak, "finite and above 0"));
    }
    RETURN_IF_ERROR(
        CheckField(config.pct_start() >= 0 && config.pct_start() <= 1,
                   "pct_start", config.pct_start(), "in [0, 1]"));
    RETURN_IF_ERROR(CheckField(
        config.div_factor() > 0 && std::isfinite(config.div_factor()),
        "div_factor", config.div_factor(), "finite and above 0"));
    RETURN_IF_ERROR(CheckField(config.final_div_factor() > 0 &&
                                   std::isfinite(config.final_div_factor()),
                               "final_div_factor", config.final_div_factor(),
                               "finite and above 0"));
    if (config.anneal_strategy() != "cos" &&
        config.anneal_strategy() != "linear") {
      return absl::InvalidArgumentError(
          absl::StrCat("anneal_strategy is \"", config.anneal_strategy(),
                       "\"; it must be cos or linear"));
    }
    if (!config.has_total_steps()) {
      return context.CheckHasEnd("OneCycle");
    }
    ASSIGN_OR_RETURN(const int64_t total,
                     context.Scaled("total_steps", config.total_steps()));
    RETURN_IF_ERROR(CheckField(total >= 1, "total_steps", config.total_steps(),
                               "at least 1"));
    if (context.span.end == kNoEnd || total >= context.total_steps()) {
      return absl::OkStatus();
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "total_steps is ", total, ", less than the ", context.total_steps(),
        " ", context.units(), " from begin to end; raise it, or give an end"));
  }

  const Peak& PeakOf(size_t group) const {
    return peaks_[std::min(group, peaks_.size() - 1)];
  }

  int64_t total_ = 0;
  bool is_cosine_ = true;
  std::vector<Peak> peaks_;  // by group, or one for all
  std::vector<Phase> phases_;
};

using OneCycleLR = SchedulerOf<OneCycleSchedule, OneCycleLRConfig, kLR>;
using OneCycleParamScheduler =
    SchedulerOf<OneCycleSchedule, OneCycleParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, OneCycleLR);
ANNEAL_REGISTER(ParamScheduler, OneCycleParamScheduler);

}  // namespace
}  // namespace anneal
