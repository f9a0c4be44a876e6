// What the ranks of a replicated run each have of its optimizers' state.
#ifndef ANNEAL_STRATEGY_RANK_STATE_H_
#define ANNEAL_STRATEGY_RANK_STATE_H_

#include "absl/status/status.h"
#include "dist/communicator.h"
#include "optim/base_optim_wrapper.h"
#include "utils/value.h"

namespace anneal {

// Makes `*state`, that of the wrapper of `optimizers` on this rank, whole on
// the main one. All ranks call it; on the others it stays as it is.
//   An optimizer that is sharded: the states of all its parameters, which ranks
//   send in turn, some 64 MiB at a time.
//   Gradients of a window of accumulation that has begun, which are each rank's
//   own until they are reduced: "accumulation.gradients" becomes their mean,
//   from which any other number of ranks can go on, and
//   "accumulation.rank_gradients" is the list of all, from which as many go on
//   bit for bit.
// Fails as Communicator's collectives.
absl::Status GatherRankState(
    const BaseOptimWrapper::NamedOptimizers& optimizers,
    dist::Communicator& communicator, Value* state);

// Leaves in whole state what this rank is to load: of a window's gradients its
// own, or the mean where they are of another number of ranks. A state of
// another shape stays as it is.
void TakeRankState(const BaseOptimWrapper::NamedOptimizers& optimizers,
                   const dist::Communicator& communicator, Value* state);

}  // namespace anneal

#endif  // ANNEAL_STRATEGY_RANK_STATE_H_
