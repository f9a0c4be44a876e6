#include "optim/schedulers/scheduled_param.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal {

absl::StatusOr<ScheduledParam> ScheduledParam::Create(
    std::vector<ParamGroup>* groups, std::string name) {
  bool is_beta = name == "momentum";
  for (const ParamGroup& group : *groups) {
    const Value* betas = group.options.Find("betas");
    const auto* list = betas ? betas->get_if<Value::List>() : nullptr;
    is_beta = is_beta && !group.options.Find(name) && list && !list->empty() &&
              list->front().get_if<double>();
  }
  if (is_beta && !groups->empty()) return ScheduledParam(groups, name, true);
  for (const ParamGroup& group : *groups) {
    const Value* option = group.options.Find(name);
    if (option != nullptr && option->get_if<double>()) continue;
    std::set<std::string> names;
    for (const auto& [key, value] : group.options) {
      if (value.get_if<double>()) names.insert(KeyString(key));
    }
    return absl::InvalidArgumentError(
        absl::StrCat("the optimizer has no number \"", name,
                     "\" to schedule; it has ", absl::StrJoin(names, ", ")));
  }
  return ScheduledParam(groups, std::move(name), false);
}

double& ScheduledParam::at(size_t group) const {
  Value& option = (*groups_)[group].options[is_beta_ ? "betas" : name_];
  double* number = nullptr;
  if (!is_beta_) {
    number = option.get_if<double>();
  } else if (auto* list = option.get_if<Value::List>();
             list && !list->empty()) {
    number = list->front().get_if<double>();
  }
  ANNEAL_CHECK(number != nullptr) << name_ << " is " << option.DebugString();
  return *number;
}

std::vector<double> ScheduledParam::values() const {
  std::vector<double> values;
  for (size_t i = 0; i < num_groups(); ++i) values.push_back(at(i));
  return values;
}

double ScheduledParam::NoteInitial(size_t group) const {
  ParamGroup& noted = (*groups_)[group];
  if (!noted.options.Find(initial_name_)) {
    noted.options[initial_name_] = at(group);
  }
  return noted.real(initial_name_);
}

absl::Status ScheduledParam::CheckHasInitial() const {
  for (const ParamGroup& group : *groups_) {
    if (group.options.Find(initial_name_)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "last_step needs an optimizer whose groups hold ", initial_name_,
        "; load its state first, or leave last_step out"));
  }
  return absl::OkStatus();
}

absl::StatusOr<const Dict*> ScheduledParam::StateOf(const Value& state_dict,
                                                    bool by_epoch) const {
  constexpr char kPath[] = "param_scheduler";
  ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict(kPath));
  ASSIGN_OR_RETURN(const Value* value, Require(*dict, "param_name", kPath));
  ASSIGN_OR_RETURN(const std::string param_name, value->AsString("param_name"));
  if (param_name != name_) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the state is of a scheduler of ", param_name, ", this one changes ",
        name_, "; list the schedulers as the run that was saved"));
  }
  ASSIGN_OR_RETURN(value, Require(*dict, "by_epoch", kPath));
  ASSIGN_OR_RETURN(const bool is_by_epoch, value->AsBool("by_epoch"));
  if (is_by_epoch != by_epoch) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the state is of a scheduler that counts ",
        is_by_epoch ? "epochs" : "iterations",
        ", this one doesn't; list the schedulers as the run that was saved"));
  }
  return dict;
}

}  // namespace anneal
