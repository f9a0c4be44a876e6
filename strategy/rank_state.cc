#include "strategy/rank_state.h"

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

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

// What travels together: enough for the network, little beside a model.
constexpr int64_t kPieceBytes = int64_t{64} << 20;

int64_t BytesOf(const Value& state) {
  int64_t bytes = 0;
  MapTensors(state, [&](const at::Tensor& tensor) {
    bytes += static_cast<int64_t>(tensor.nbytes());
    return tensor;
  });
  return bytes;
}

// The states of parameters in pieces of about kPieceBytes; at least one piece.
std::vector<Dict> InPieces(const Dict& states) {
  std::vector<Dict> pieces(1);
  int64_t bytes = 0;
  for (const auto& [index, state] : states) {
    const int64_t more = BytesOf(state);
    if (bytes > 0 && bytes + more > kPieceBytes) {
      pieces.emplace_back();
      bytes = 0;
    }
    pieces.back().Set(index, state);
    bytes += more;
  }
  return pieces;
}

// Sends the main rank the states that the others have, piece by piece, so that
// no rank ever holds much more than its own and, there, the whole. Makes them
// the whole there, in the order of the indices.
absl::Status GatherShards(dist::Communicator& communicator, Dict* states) {
  const std::vector<Dict> own = InPieces(*states);
  ASSIGN_OR_RETURN(
      const Value::List counts,
      communicator.AllGatherObject(static_cast<int64_t>(own.size())));
  std::map<int64_t, Value> whole;
  for (int rank = 0; rank < communicator.world_size(); ++rank) {
    const bool is_own = rank == communicator.rank();
    for (int64_t i = 0; i < *counts[rank].get_if<int64_t>(); ++i) {
      Value piece = is_own ? Value(own[i]) : Value();
      // The main rank need not send itself its own.
      if (rank > 0) RETURN_IF_ERROR(communicator.BroadcastObject(&piece, rank));
      if (!communicator.is_main_rank()) continue;
      for (auto& [index, state] : *piece.get_if<Dict>()) {
        whole[std::get<int64_t>(index)] = std::move(state);
      }
    }
  }
  if (!communicator.is_main_rank()) return absl::OkStatus();
  Dict all;
  for (auto& [index, state] : whole) all[index] = std::move(state);
  *states = std::move(all);
  return absl::OkStatus();
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
      RETURN_IF_ERROR(GatherShards(communicator, own["state"].get_if<Dict>()));
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
