// How long a train loop's config says that a run is.
#ifndef ANNEAL_TOOLS_LOOP_LENGTHS_H_
#define ANNEAL_TOOLS_LOOP_LENGTHS_H_

#include <google/protobuf/any.pb.h>

#include <cstdint>

#include "absl/status/statusor.h"
#include "optim/param_scheduler.h"

namespace anneal {

// The lengths of a run of `epoch_length` iterations an epoch by the fields
// max_epochs and max_iters of `train_cfg`, which may be of any class, with
// fields of its own or with any. InvalidArgument where it has neither, so that
// only the loop itself knows, or is no linked class' config.
absl::StatusOr<ScheduleLengths> LoopLengths(
    const google::protobuf::Any& train_cfg, int64_t epoch_length);

}  // namespace anneal

#endif  // ANNEAL_TOOLS_LOOP_LENGTHS_H_
