#include "optim/chained_scheduler.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr int64_t kNoEnd = 1000000000;  // mmengine's INF

}  // namespace

absl::StatusOr<ChainedScheduler::Span> ChainedScheduler::MakeSpan(
    int64_t begin, bool has_end, int64_t end, bool by_epoch, bool convert,
    const ScheduleLengths& lengths) {
  Span span;
  span.by_epoch = by_epoch;
  span.begin = begin;
  const int64_t max = by_epoch ? lengths.max_epochs : lengths.max_iters;
  span.end = has_end ? end : max > 0 ? max : kNoEnd;
  if (span.end <= span.begin) {
    return absl::InvalidArgumentError(absl::StrCat(
        "param_scheduler: end ", span.end, " does not come after begin ",
        span.begin, has_end ? "" : "; without end it is the end of training"));
  }
  if (!convert) return span;
  if (!by_epoch) {
    return absl::InvalidArgumentError(
        "param_scheduler: convert_to_iter_based needs by_epoch: true; without "
        "it the scheduler counts iterations already");
  }
  if (lengths.epoch_length <= 0) {
    return absl::InvalidArgumentError(
        "param_scheduler: convert_to_iter_based needs a train loader whose "
        "epochs end; use by_epoch: false and give iterations");
  }
  span.scale = lengths.epoch_length;
  span.by_epoch = false;
  span.begin *= span.scale;
  if (span.end != kNoEnd) span.end *= span.scale;
  return span;
}

ChainedScheduler::ChainedScheduler(Optimizer* optimizer, std::string param_name,
                                   const Span& span,
                                   std::unique_ptr<Schedule> schedule)
    : optimizer_(optimizer),
      param_name_(std::move(param_name)),
      span_(span),
      schedule_(std::move(schedule)) {
  const std::string initial = absl::StrCat("initial_", param_name_);
  for (ParamGroup& group : optimizer_->param_groups()) {
    if (!group.options.Find(initial)) group.options[initial] = Get(group);
    initial_values_.push_back(group.real(initial));
  }
  Step(nullptr);
}

void ChainedScheduler::Step(const std::map<std::string, double>*) {
  ++global_step_;
  if (global_step_ < span_.begin || global_step_ >= span_.end) return;
  ++last_step_;
  auto& groups = optimizer_->param_groups();
  for (size_t i = 0; i < groups.size(); ++i) {
    Set(schedule_->Next(last_step_, Get(groups[i]), initial_values_[i]),
        &groups[i]);
  }
}

double ChainedScheduler::Get(const ParamGroup& group) const {
  if (param_name_ == "momentum" && group.options.Find("betas")) {
    return group.beta(0);
  }
  return group.real(param_name_);
}

void ChainedScheduler::Set(double value, ParamGroup* group) const {
  Value& option = group->options[param_name_];
  if (param_name_ == "momentum" && group->options.Find("betas")) {
    group->options.Erase(param_name_);
    (*group->options["betas"].get_if<Value::List>())[0] = value;
  } else {
    option = value;
  }
}

Value ChainedScheduler::state_dict() const {
  Value::List initial_values(initial_values_.begin(), initial_values_.end());
  Value::List last_values;
  for (const ParamGroup& group : optimizer_->param_groups()) {
    last_values.push_back(Get(group));
  }
  return Dict{{"param_name", param_name_},
              {"begin", span_.begin},
              {"end", span_.end},
              {"by_epoch", span_.by_epoch},
              {"base_values", std::move(initial_values)},
              {"last_step", last_step_},
              {"_global_step", global_step_},
              {"_last_value", std::move(last_values)}};
}

absl::Status ChainedScheduler::LoadStateDict(const Value& state_dict) {
  ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict("param_scheduler"));
  ASSIGN_OR_RETURN(const Value* name,
                   Require(*dict, "param_name", "param_scheduler"));
  ASSIGN_OR_RETURN(const std::string param_name,
                   name->AsString("param_scheduler.param_name"));
  if (param_name != param_name_) {
    return absl::InvalidArgumentError(
        absl::StrCat("the state is of a scheduler of ", param_name,
                     ", this one changes ", param_name_));
  }
  ASSIGN_OR_RETURN(const Value* base,
                   Require(*dict, "base_values", "param_scheduler"));
  ASSIGN_OR_RETURN(const Value::List* values,
                   base->AsList("param_scheduler.base_values"));
  if (values->size() != initial_values_.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the scheduler's state has ", values->size(),
        " parameter groups, the optimizer ", initial_values_.size()));
  }
  std::vector<double> initial_values;
  for (const Value& value : *values) {
    ASSIGN_OR_RETURN(initial_values.emplace_back(),
                     value.AsReal("param_scheduler.base_values"));
  }
  ASSIGN_OR_RETURN(const Value* last,
                   Require(*dict, "last_step", "param_scheduler"));
  ASSIGN_OR_RETURN(const Value* global,
                   Require(*dict, "_global_step", "param_scheduler"));
  ASSIGN_OR_RETURN(const int64_t last_step, last->AsInt("last_step"));
  ASSIGN_OR_RETURN(const int64_t global_step, global->AsInt("_global_step"));
  initial_values_ = std::move(initial_values);
  last_step_ = last_step;
  global_step_ = global_step;
  return absl::OkStatus();
}

}  // namespace anneal
