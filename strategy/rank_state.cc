#include "strategy/rank_state.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "optim/optimizer.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kAccumulation[] = "accumulation";
constexpr char kGradients[] = "gradients";
constexpr char kRankGradients[] = "rank_gradients";

Dict* DictIn(Dict* dict, const std::string& key) {
  if (dict == nullptr || dict->Find(key) == nullptr) return nullptr;
  return (*dict)[key].get_if<Dict>();
}

// The state of the optimizer `name`; null where it is of another shape.
Dict* StateOf(const std::string& name, Value* state) {
  Dict* whole = state->get_if<Dict>();
  return name.empty() ? whole : DictIn(whole, name);
}

// Each rank's states of parameters, in the order of their indices.
Dict Union(const Value::List& rank_states) {
  std::map<int64_t, Value> states;
  for (const Value& rank_state : rank_states) {
    for (const auto& [index, state] : *rank_state.get_if<Dict>()) {
      states[std::get<int64_t>(index)] = state;
    }
  }
  Dict all;
  for (auto& [index, state] : states) all[index] = std::move(state);
  return all;
}

// One that a rank has no gradient of counts as zero there.
Dict Mean(const Value::List& rank_gradients) {
  Dict sums;
  for (const Value& gradients : rank_gradients) {
    for (const auto& [index, gradient] : *gradients.get_if<Dict>()) {
      const at::Tensor& addend = *gradient.get_if<at::Tensor>();
      if (const Value* sum = sums.FindKey(index)) {
        sum->get_if<at::Tensor>()->add_(addend);
      } else {
        sums.Set(index, addend.clone());
      }
    }
  }
  for (const auto& [index, sum] : sums) {
    sum.get_if<at::Tensor>()->div_(static_cast<double>(rank_gradients.size()));
  }
  return sums;
}

}  // namespace

absl::Status GatherRankState(
    const BaseOptimWrapper::NamedOptimizers& optimizers,
    dist::Communicator& communicator, Value* state) {
  for (const auto& [name, optimizer] : optimizers) {
    Dict& own = *StateOf(name, state);
    if (optimizer->is_sharded()) {
      ASSIGN_OR_RETURN(const Value::List all,
                       communicator.GatherObject(own["state"], 0));
      if (communicator.is_main_rank()) own["state"] = Union(all);
    }
    Dict* accumulation = DictIn(&own, kAccumulation);
    if (accumulation == nullptr) continue;
    ASSIGN_OR_RETURN(Value::List all,
                     communicator.GatherObject((*accumulation)[kGradients], 0));
    if (!communicator.is_main_rank()) continue;
    Dict mean = Mean(all);
    if (mean.empty()) continue;
    (*accumulation)[kGradients] = std::move(mean);
    (*accumulation)[kRankGradients] = std::move(all);
  }
  return absl::OkStatus();
}

void TakeRankState(const BaseOptimWrapper::NamedOptimizers& optimizers,
                   const dist::Communicator& communicator, Value* state) {
  for (const auto& [name, optimizer] : optimizers) {
    Dict* accumulation = DictIn(StateOf(name, state), kAccumulation);
    const Value* all =
        accumulation == nullptr ? nullptr : accumulation->Find(kRankGradients);
    const auto* list = all == nullptr ? nullptr : all->get_if<Value::List>();
    if (list == nullptr) continue;
    if (static_cast<int>(list->size()) == communicator.world_size()) {
      Value own = (*list)[communicator.rank()];
      (*accumulation)[kGradients] = std::move(own);
    }
    accumulation->Erase(std::string(kRankGradients));
  }
}

}  // namespace anneal
