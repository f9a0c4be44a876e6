#include "strategy/accumulation_state.h"

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kGradients[] = "gradients";
constexpr char kRankGradients[] = "rank_gradients";

Dict* DictIn(Dict* dict, const std::string& key) {
  if (dict == nullptr || dict->Find(key) == nullptr) return nullptr;
  return (*dict)[key].get_if<Dict>();
}

// The accumulation of each optimizer that has one.
std::vector<Dict*> AccumulationsOf(
    const BaseOptimWrapper::NamedOptimizers& optimizers, Value* state) {
  std::vector<Dict*> found;
  for (const auto& [name, optimizer] : optimizers) {
    Dict* own = state->get_if<Dict>();
    if (!name.empty()) own = DictIn(own, name);
    if (Dict* accumulation = DictIn(own, "accumulation")) {
      found.push_back(accumulation);
    }
  }
  return found;
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

absl::Status GatherAccumulation(
    const BaseOptimWrapper::NamedOptimizers& optimizers,
    dist::Communicator& communicator, Value* state) {
  for (Dict* accumulation : AccumulationsOf(optimizers, state)) {
    ASSIGN_OR_RETURN(Value::List all,
                     communicator.GatherObject((*accumulation)[kGradients],
                                               /*destination=*/0));
    if (!communicator.is_main_rank()) continue;
    Dict mean = Mean(all);
    if (mean.empty()) continue;
    (*accumulation)[kGradients] = std::move(mean);
    (*accumulation)[kRankGradients] = std::move(all);
  }
  return absl::OkStatus();
}

void TakeAccumulation(const BaseOptimWrapper::NamedOptimizers& optimizers,
                      const dist::Communicator& communicator, Value* state) {
  for (Dict* accumulation : AccumulationsOf(optimizers, state)) {
    const Value* all = accumulation->Find(kRankGradients);
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
