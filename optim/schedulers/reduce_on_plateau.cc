// ReduceOnPlateauLR, ReduceOnPlateauMomentum and ReduceOnPlateauParamScheduler.

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "logging/log.h"
#include "optim/param_scheduler.h"
#include "optim/schedulers/reduce_on_plateau_configs.pb.h"
#include "optim/schedulers/schedule_context.h"
#include "optim/schedulers/scheduled_param.h"
#include "optim/schedulers/scheduler_of.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr double kWorst = 1e9;  // mmengine's INF

// What counts as an improvement.
struct Improvement {
  bool is_greater = false;
  bool is_relative = true;
  double threshold = 0;

  bool Is(double metric, double best) const {
    if (is_relative) {
      return is_greater ? metric > best * (threshold + 1.)
                        : metric < best * (1. - threshold);
    }
    return is_greater ? metric > best + threshold : metric < best - threshold;
  }
};

// Multiplies the value by factor after more than `patience` validations without
// a better metric. Steps without metrics only count epochs.
class ReduceOnPlateau : public ParamScheduler {
 public:
  struct Options {
    std::string monitor;
    Improvement improvement;
    double factor;
    int64_t patience;
    int64_t cooldown;
    std::vector<double> min_values;  // one for all groups or one for each
    double eps;
  };

  ReduceOnPlateau(ScheduledParam param, const ScheduleContext& context,
                  Options options)
      : param_(std::move(param)),
        context_(context),
        options_(std::move(options)),
        best_(options_.improvement.is_greater ? -kWorst : kWorst),
        last_step_(context.last_step) {
    if (context.last_step >= 0) return;
    for (size_t i = 0; i < param_.num_groups(); ++i) param_.NoteInitial(i);
  }

  bool by_epoch() const override { return true; }
  bool need_val_args() const override { return true; }
  std::string param_name() const override { return param_.name(); }
  absl::optional<StepSpan> span() const override { return context_.span; }

  absl::Status Step(const std::map<std::string, double>* metrics) override {
    if (metrics == nullptr) {
      ++global_step_;
      return absl::OkStatus();
    }
    const StepSpan& span = context_.span;
    if (global_step_ < span.begin || global_step_ >= span.end) {
      return absl::OkStatus();
    }
    const auto metric = metrics->find(options_.monitor);
    if (metric == metrics->end()) return NoMetric(*metrics);
    ++last_step_;
    if (options_.improvement.Is(metric->second, best_)) {
      best_ = metric->second;
      num_bad_epochs_ = 0;
    } else {
      ++num_bad_epochs_;
    }
    if (cooldown_counter_ > 0) {
      --cooldown_counter_;
      num_bad_epochs_ = 0;
    }
    if (num_bad_epochs_ > options_.patience) {
      Reduce();
      cooldown_counter_ = options_.cooldown;
      num_bad_epochs_ = 0;
    }
    return absl::OkStatus();
  }

  Value state_dict() const override {
    const std::vector<double> values = param_.values();
    return Dict{{"param_name", param_.name()},
                {"begin", context_.span.begin},
                {"end", context_.span.end},
                {"by_epoch", true},
                {"last_step", last_step_},
                {"_global_step", global_step_},
                {"best", best_},
                {"num_bad_epochs", num_bad_epochs_},
                {"cooldown_counter", cooldown_counter_},
                {"_last_value", Value::List(values.begin(), values.end())}};
  }

  absl::Status LoadStateDict(const Value& state_dict) override {
    ASSIGN_OR_RETURN(const Dict* dict,
                     param_.StateOf(state_dict, /*by_epoch=*/true));
    ASSIGN_OR_RETURN(const Value* value, Require(*dict, "best", kPath));
    ASSIGN_OR_RETURN(const double best, value->AsReal("best"));
    ASSIGN_OR_RETURN(const int64_t last_step, StepsOf(*dict, "last_step", -1));
    ASSIGN_OR_RETURN(const int64_t global_step,
                     StepsOf(*dict, "_global_step", 0));
    ASSIGN_OR_RETURN(const int64_t bad, StepsOf(*dict, "num_bad_epochs", 0));
    ASSIGN_OR_RETURN(cooldown_counter_, StepsOf(*dict, "cooldown_counter", 0));
    best_ = best;
    last_step_ = last_step;
    global_step_ = global_step;
    num_bad_epochs_ = bad;
    return absl::OkStatus();
  }

 private:
  static constexpr char kPath[] = "param_scheduler";

  absl::Status NoMetric(const std::map<std::string, double>& metrics) const {
    std::vector<std::string> names;
    for (const auto& [name, value] : metrics) names.push_back(name);
    return absl::NotFoundError(absl::StrCat(
        "the validation has no metric \"", options_.monitor, "\" to reduce ",
        param_.name(),
        " by; monitor must be one of: ", absl::StrJoin(names, ", ")));
  }

  void Reduce() {
    for (size_t i = 0; i < param_.num_groups(); ++i) {
      const double least =
          options_.min_values[std::min(i, options_.min_values.size() - 1)];
      double& value = param_.at(i);
      const double reduced = std::max(value * options_.factor, least);
      if (!(value - reduced > options_.eps)) continue;
      value = reduced;
      if (!context_.is_verbose) continue;
      ANNEAL_LOG(INFO) << absl::StrFormat(
          "Adjusting parameter value of group %d to %.4e in epoch %d.", i,
          value, last_step_);
    }
  }

  ScheduledParam param_;
  ScheduleContext context_;
  Options options_;
  double best_;
  int64_t last_step_;
  int64_t global_step_ = 0;
  int64_t num_bad_epochs_ = 0;
  int64_t cooldown_counter_ = 0;
};

// Whether `value` is `yes`; InvalidArgument unless it is `yes` or `no`.
absl::StatusOr<bool> IsFirst(absl::string_view name, const std::string& value,
                             absl::string_view yes, absl::string_view no) {
  if (value == yes || value == no) return value == yes;
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is \"", value, "\"; it must be ", yes, " or ", no));
}

template <typename Config>
absl::StatusOr<ReduceOnPlateau::Options> OptionsOf(
    const Config& config, const ScheduleContext& context) {
  ReduceOnPlateau::Options options;
  options.monitor = config.monitor();
  ASSIGN_OR_RETURN(options.improvement.is_greater,
                   IsFirst("rule", config.rule(), "greater", "less"));
  ASSIGN_OR_RETURN(
      options.improvement.is_relative,
      IsFirst("threshold_rule", config.threshold_rule(), "rel", "abs"));
  options.improvement.threshold = config.threshold();
  RETURN_IF_ERROR(CheckFieldNotNegative("threshold", config.threshold()));
  options.factor = config.factor();
  RETURN_IF_ERROR(CheckField(options.factor >= 0 && options.factor < 1,
                             "factor", options.factor, "in [0, 1)"));
  options.patience = config.patience();
  RETURN_IF_ERROR(CheckFieldNotNegative(
      "patience", static_cast<double>(config.patience())));
  options.cooldown = config.cooldown();
  RETURN_IF_ERROR(CheckFieldNotNegative(
      "cooldown", static_cast<double>(config.cooldown())));
  options.eps = config.eps();
  RETURN_IF_ERROR(CheckFieldNotNegative("eps", options.eps));
  options.min_values.assign(config.min_value().begin(),
                            config.min_value().end());
  if (options.min_values.empty()) options.min_values.push_back(0);
  RETURN_IF_ERROR(
      CheckOnePerGroup("min_value", options.min_values.size(), context));
  for (const double least : options.min_values) {
    RETURN_IF_ERROR(CheckFieldNotNegative("min_value", least));
  }
  return options;
}

template <typename ConfigType, const char* kParam = nullptr>
class PlateauOf {
 public:
  using Config = ConfigType;

  static absl::StatusOr<std::unique_ptr<ParamScheduler>> Create(
      const Config& config, std::vector<ParamGroup>* groups,
      const ScheduleLengths& lengths) {
    if (!config.by_epoch() || config.convert_to_iter_based()) {
      return absl::InvalidArgumentError(
          "ReduceOnPlateau moves on by validations: by_epoch "
          "must be true and convert_to_iter_based false");
    }
    ASSIGN_OR_RETURN(
        ScheduledParam param,
        ScheduledParam::Create(groups, ParamNameOf<kParam>(config)));
    ASSIGN_OR_RETURN(ScheduleContext context,
                     ScheduleContextOf(config, lengths));
    context.num_groups = groups->size();
    if (context.last_step >= 0) RETURN_IF_ERROR(param.CheckHasInitial());
    ASSIGN_OR_RETURN(ReduceOnPlateau::Options options,
                     OptionsOf(config, context));
    return std::make_unique<ReduceOnPlateau>(std::move(param), context,
                                             std::move(options));
  }
};

using ReduceOnPlateauLR = PlateauOf<ReduceOnPlateauLRConfig, kLR>;
using ReduceOnPlateauMomentum =
    PlateauOf<ReduceOnPlateauMomentumConfig, kMomentum>;
using ReduceOnPlateauParamScheduler =
    PlateauOf<ReduceOnPlateauParamSchedulerConfig>;

ANNEAL_REGISTER(ParamScheduler, ReduceOnPlateauLR);
ANNEAL_REGISTER(ParamScheduler, ReduceOnPlateauMomentum);
ANNEAL_REGISTER(ParamScheduler, ReduceOnPlateauParamScheduler);

}  // namespace
}  // namespace anneal
