// The learning rate for the batch size that is really used.
#ifndef ANNEAL_RUNNER_AUTO_SCALE_LR_H_
#define ANNEAL_RUNNER_AUTO_SCALE_LR_H_

#include <cstdint>

#include "absl/status/status.h"
#include "config/runner.pb.h"
#include "optim/optimizer.h"

namespace anneal {

// Where `config` is enabled, multiplies the lr of every parameter group by
// `batch_size`, the samples of all ranks in an iteration, over
// base_batch_size, before any scheduler is made. InvalidArgument for a base
// below 1.
absl::Status ScaleLearningRate(const AutoScaleLR& config, int64_t batch_size,
                               Optimizer* optimizer);

}  // namespace anneal

#endif  // ANNEAL_RUNNER_AUTO_SCALE_LR_H_
