#include "runner/optimizer_schedulers.h"

#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "optim/schedulers/build_schedulers.h"
#include "utils/nearest_name.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kSection[] = "param_scheduler";

std::string PlaceOf(const std::string& name) {
  return name.empty() ? kSection : absl::StrCat(kSection, ".", name);
}

absl::Status LoadAll(const Value::List& states, const std::string& place,
                     std::unique_ptr<ParamScheduler>* schedulers, size_t size) {
  if (states.size() != size) {
    return absl::InvalidArgumentError(
        absl::StrCat("the checkpoint has ", states.size(), " param_schedulers",
                     place.empty() ? "" : " of " + place, ", the config ", size,
                     "; resume with the config it was trained with"));
  }
  for (size_t i = 0; i < size; ++i) {
    RETURN_IF_ERROR(schedulers[i]->LoadStateDict(states[i]));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckSchedulerNames(
    const SchedulerConfigs& configs,
    const BaseOptimWrapper::NamedOptimizers& optimizers) {
  if (configs.by_optimizer.empty()) return absl::OkStatus();
  if (!configs.of_all.empty()) {
    return absl::InvalidArgumentError(
        "param_scheduler is a list and by the optimizers' names; give one of "
        "them");
  }
  std::vector<std::string> names;
  for (const auto& [name, optimizer] : optimizers) names.push_back(name);
  if (names == std::vector<std::string>{""}) {
    return absl::InvalidArgumentError(
        "param_scheduler is by the names of optimizers, but the optim_wrapper "
        "has one without a name; give a list, or an OptimWrapperDict");
  }
  for (const auto& [name, schedulers] : configs.by_optimizer) {
    if (absl::c_linear_search(names, name)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        PlaceOf(name), ": there is no optimizer ", name,
        DidYouMean(name, names), "; there are ", absl::StrJoin(names, ", ")));
  }
  for (const std::string& name : names) {
    if (configs.by_optimizer.count(name) > 0) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("param_scheduler has none for the optimizer ", name,
                     "; give it a list, [] for a constant rate"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::unique_ptr<ParamScheduler>>> BuildSchedulersOf(
    const SchedulerConfigs& configs, const std::string& name,
    Optimizer* optimizer, const ScheduleLengths& lengths, bool has_validation) {
  const auto own = configs.by_optimizer.find(name);
  const bool has_own = own != configs.by_optimizer.end();
  return BuildSchedulers(has_own ? own->second.schedulers() : configs.of_all,
                         &optimizer->param_groups(), lengths, has_validation,
                         has_own ? PlaceOf(name) : kSection);
}

absl::StatusOr<OptimizerSchedulers> OptimizerSchedulers::Build(
    const SchedulerConfigs& configs,
    const BaseOptimWrapper::NamedOptimizers& optimizers,
    const ScheduleLengths& lengths, bool has_validation) {
  RETURN_IF_ERROR(CheckSchedulerNames(configs, optimizers));
  OptimizerSchedulers result;
  for (const auto& [name, optimizer] : optimizers) {
    ASSIGN_OR_RETURN(
        auto schedulers,
        BuildSchedulersOf(configs, name, optimizer, lengths, has_validation));
    result.parts_.push_back({name, result.all_.size(), schedulers.size()});
    for (auto& scheduler : schedulers) {
      result.all_.push_back(std::move(scheduler));
    }
  }
  return result;
}

std::string OptimizerSchedulers::place(size_t index) const {
  for (const Part& part : parts_) {
    if (index < part.begin + part.size) {
      return absl::StrCat(PlaceOf(part.name), ".", index - part.begin);
    }
  }
  return kSection;
}

Value OptimizerSchedulers::state_dict() const {
  Dict by_name;
  for (const Part& part : parts_) {
    Value::List states;
    for (size_t i = 0; i < part.size; ++i) {
      states.push_back(all_[part.begin + i]->state_dict());
    }
    if (part.name.empty()) return states;
    by_name[part.name] = std::move(states);
  }
  // No optimizer at all.
  if (parts_.empty()) return Value::List();
  return by_name;
}

absl::Status OptimizerSchedulers::LoadStateDict(const Value& state_dict) {
  if (const auto* list = state_dict.get_if<Value::List>()) {
    return LoadAll(*list, "", all_.data(), all_.size());
  }
  ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict("param_schedulers"));
  for (const Part& part : parts_) {
    ASSIGN_OR_RETURN(const Value* states,
                     Require(*dict, part.name, "param_schedulers"));
    ASSIGN_OR_RETURN(const Value::List* list,
                     states->AsList("param_schedulers"));
    RETURN_IF_ERROR(
        LoadAll(*list, part.name, all_.data() + part.begin, part.size));
  }
  return absl::OkStatus();
}

}  // namespace anneal
