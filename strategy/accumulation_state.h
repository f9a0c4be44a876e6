// The gradients of a window of accumulation that several ranks have begun.
#ifndef ANNEAL_STRATEGY_ACCUMULATION_STATE_H_
#define ANNEAL_STRATEGY_ACCUMULATION_STATE_H_

#include "absl/status/status.h"
#include "dist/communicator.h"
#include "optim/base_optim_wrapper.h"
#include "utils/value.h"

namespace anneal {

// Until they are reduced each rank has gradients of its own; an optim wrapper's
// state has them as "accumulation.gradients". Here `*state`, the state of the
// wrapper of `optimizers`, gets their mean instead, which any other number of
// ranks can go on from, and each rank's beside it as
// "accumulation.rank_gradients", from which as many go on bit for bit. All
// ranks call it; on others than the main one `*state` stays as it is. Fails as
// Communicator::GatherObject.
absl::Status GatherAccumulation(
    const BaseOptimWrapper::NamedOptimizers& optimizers,
    dist::Communicator& communicator, Value* state);

// Puts back into `*state` what GatherAccumulation took from this rank. Leaves
// the mean where the state is of another number of ranks. A state that is of no
// such shape stays as it is.
void TakeAccumulation(const BaseOptimWrapper::NamedOptimizers& optimizers,
                      const dist::Communicator& communicator, Value* state);

}  // namespace anneal

#endif  // ANNEAL_STRATEGY_ACCUMULATION_STATE_H_
