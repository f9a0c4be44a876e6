// One model on several ranks.
#ifndef ANNEAL_STRATEGY_REPLICAS_H_
#define ANNEAL_STRATEGY_REPLICAS_H_

#include "absl/status/status.h"
#include "dist/communicator.h"

namespace torch::nn {
class Module;
}

namespace anneal {

// Whether all ranks have built the same model: the same parameters and buffers
// in the same order, by name, shape, dtype and requires_grad. All ranks call
// it and get the same status: InvalidArgument names the first that differs as
// rank 0 has it and as the lowest rank that differs has it.
absl::Status CheckReplicas(const torch::nn::Module& module,
                           dist::Communicator& communicator);

// Overwrites the parameters and buffers of every rank with rank 0's.
absl::Status BroadcastModel(const torch::nn::Module& module,
                            dist::Communicator& communicator);
// The buffers alone.
absl::Status BroadcastBuffers(const torch::nn::Module& module,
                              dist::Communicator& communicator);

}  // namespace anneal

#endif  // ANNEAL_STRATEGY_REPLICAS_H_
