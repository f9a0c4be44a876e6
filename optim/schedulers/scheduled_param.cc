#include "optim/schedulers/scheduled_param.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// The value of `key`, expected at `*position`; None where there is none.
const Value& OptionAt(const Dict& options, const std::string& key,
                      size_t* position) {
  const auto is_it = [&](const Dict::Item& item) {
    const auto* name = std::get_if<std::string>(&item.first);
    return name != nullptr && *name == key;
  };
  static const auto* none = new Value();
  const auto begin = options.begin();
  if (*position < options.size() && is_it(begin[*position])) {
    return begin[*position].second;
  }
  const auto found = std::find_if(begin, options.end(), is_it);
  if (found == options.end()) return *none;
  *position = found - begin;
  return found->second;
}

// The number itself or, where `is_list`, the first in the list; else null.
const double* NumberIn(const Value& option, bool is_list) {
  if (!is_list) return option.get_if<double>();
  const auto* list = option.get_if<Value::List>();
  if (list == nullptr || list->empty()) return nullptr;
  return list->front().get_if<double>();
}

}  // namespace

absl::StatusOr<ScheduledParam> ScheduledParam::Create(
    std::vector<ParamGroup>* groups, std::string name) {
  // In groups of one's own an integer may stand.
  for (ParamGroup& group : *groups) {
    const Value* option = group.options.Find(name);
    const auto* integer = option ? option->get_if<int64_t>() : nullptr;
    if (integer) group.options[name] = static_cast<double>(*integer);
  }
  bool is_beta = name == "momentum";
  for (const ParamGroup& group : *groups) {
    const Value* betas = group.options.Find("betas");
    is_beta = is_beta && !group.options.Find(name) && betas != nullptr &&
              NumberIn(*betas, /*is_list=*/true) != nullptr;
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

double& ScheduledParam::at(size_t group) {
  Dict& options = (*groups_)[group].options;
  if (positions_.size() <= group) positions_.resize(group + 1);
  // Looking where it stood last time is a tenth of a look-up.
  const Value& option = OptionAt(options, key_, &positions_[group]);
  const double* number = NumberIn(option, is_beta_);
  ANNEAL_CHECK(number != nullptr) << name_ << " is " << option.DebugString();
  // The options are ours to change; only Dict has no such iterator.
  return const_cast<double&>(*number);
}

std::vector<double> ScheduledParam::values() const {
  std::vector<double> values;
  for (const ParamGroup& group : *groups_) {
    values.push_back(is_beta_ ? group.beta(0) : group.real(name_));
  }
  return values;
}

double ScheduledParam::NoteInitial(size_t group) {
  ParamGroup& noted = (*groups_)[group];
  const Value* initial = noted.options.Find(initial_name_);
  if (initial == nullptr || !initial->AsReal(initial_name_).ok()) {
    noted.options[initial_name_] = at(group);
  }
  return noted.real(initial_name_);
}

absl::Status ScheduledParam::CheckHasInitial() const {
  for (const ParamGroup& group : *groups_) {
    const Value* initial = group.options.Find(initial_name_);
    if (initial != nullptr && initial->AsReal(initial_name_).ok()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "last_step needs an optimizer whose groups hold ", initial_name_,
        " as a number; load its state first, or leave last_step out"));
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
