#include "optim/chained_scheduler.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr int64_t kNoEnd = 1000000000;  // mmengine's INF

bool IsBeta(const Optimizer& optimizer, absl::string_view param_name) {
  return param_name == "momentum" && !optimizer.defaults().Find("momentum") &&
         optimizer.defaults().Find("betas");
}

}  // namespace

absl::StatusOr<ChainedScheduler::Span> ChainedScheduler::MakeSpan(
    int64_t begin, bool has_end, int64_t end, bool by_epoch, bool convert,
    const ScheduleLengths& lengths) {
  Span span;
  span.by_epoch = by_epoch;
  span.begin = begin;
  const int64_t max = by_epoch ? lengths.max_epochs : lengths.max_iters;
  span.end = has_end ? end : max > 0 ? max : kNoEnd;
  if (begin < 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "param_scheduler: begin is ", begin, "; it must not be negative"));
  }
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

absl::Status ChainedScheduler::CheckParamName(const Optimizer& optimizer,
                                              absl::string_view param_name) {
  if (IsBeta(optimizer, param_name)) return absl::OkStatus();
  for (const ParamGroup& group : optimizer.param_groups()) {
    const Value* option = group.options.Find(param_name);
    if (option != nullptr && option->get_if<double>()) continue;
    std::vector<std::string> names;
    for (const auto& [key, value] : group.options) {
      if (value.get_if<double>()) names.push_back(KeyString(key));
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "param_scheduler: the optimizer has no number \"", param_name,
        "\" to schedule; it has ", absl::StrJoin(names, ", ")));
  }
  return absl::OkStatus();
}

ChainedScheduler::ChainedScheduler(Optimizer* optimizer, std::string param_name,
                                   const Span& span,
                                   std::unique_ptr<Schedule> schedule)
    : optimizer_(optimizer),
      param_name_(std::move(param_name)),
      is_beta_(IsBeta(*optimizer, param_name_)),
      span_(span),
      schedule_(std::move(schedule)) {
  // Without metrics to look at it can't fail.
  Step(nullptr).IgnoreError();
}

void ChainedScheduler::AddGroups() {
  const std::string initial = absl::StrCat("initial_", param_name_);
  auto& groups = optimizer_->param_groups();
  for (size_t i = initial_values_.size(); i < groups.size(); ++i) {
    if (!groups[i].options.Find(initial)) {
      groups[i].options[initial] = Get(groups[i]);
    }
    initial_values_.push_back(groups[i].real(initial));
  }
}

absl::Status ChainedScheduler::Step(const std::map<std::string, double>*) {
  AddGroups();
  ++global_step_;
  if (global_step_ < span_.begin || global_step_ >= span_.end) {
    return absl::OkStatus();
  }
  ++last_step_;
  auto& groups = optimizer_->param_groups();
  for (size_t i = 0; i < groups.size(); ++i) {
    Set(schedule_->Next(last_step_, Get(groups[i]), initial_values_[i]),
        &groups[i]);
  }
  return absl::OkStatus();
}

double ChainedScheduler::Get(const ParamGroup& group) const {
  return is_beta_ ? group.beta(0) : group.real(param_name_);
}

void ChainedScheduler::Set(double value, ParamGroup* group) const {
  if (is_beta_) {
    (*group->options["betas"].get_if<Value::List>())[0] = value;
  } else {
    group->options[param_name_] = value;
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
  constexpr char kPath[] = "param_scheduler";
  ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict(kPath));
  ASSIGN_OR_RETURN(const Value* value, Require(*dict, "param_name", kPath));
  ASSIGN_OR_RETURN(const std::string param_name, value->AsString("param_name"));
  if (param_name != param_name_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the state is of a scheduler of ", param_name, ", this one changes ",
        param_name_, "; list the schedulers as the run that was saved"));
  }
  ASSIGN_OR_RETURN(value, Require(*dict, "by_epoch", kPath));
  ASSIGN_OR_RETURN(const bool by_epoch, value->AsBool("by_epoch"));
  if (by_epoch != span_.by_epoch) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the state is of a scheduler that counts ",
        by_epoch ? "epochs" : "iterations",
        ", this one doesn't; list the schedulers as the run that was saved"));
  }
  ASSIGN_OR_RETURN(value, Require(*dict, "base_values", kPath));
  ASSIGN_OR_RETURN(const Value::List* values, value->AsList("base_values"));
  const size_t num_groups = optimizer_->param_groups().size();
  // Where there are several, mmengine's wrapper schedules its base settings as
  // one more.
  const bool has_base = num_groups > 1 && values->size() == num_groups + 1;
  if (values->size() != num_groups && !has_base) {
    return absl::InvalidArgumentError(
        absl::StrCat("the scheduler's state has ", values->size(),
                     " parameter groups, the optimizer ", num_groups,
                     "; build it as the one that was saved"));
  }
  std::vector<double> initial_values;
  for (size_t i = 0; i < num_groups; ++i) {
    ASSIGN_OR_RETURN(initial_values.emplace_back(),
                     (*values)[i].AsReal("base_values"));
  }
  ASSIGN_OR_RETURN(value, Require(*dict, "last_step", kPath));
  ASSIGN_OR_RETURN(const int64_t last_step, value->AsInt("last_step"));
  ASSIGN_OR_RETURN(value, Require(*dict, "_global_step", kPath));
  ASSIGN_OR_RETURN(global_step_, value->AsInt("_global_step"));
  last_step_ = last_step;
  initial_values_ = std::move(initial_values);
  return absl::OkStatus();
}

}  // namespace anneal
