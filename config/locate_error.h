// Which value of a config an error is about.
#ifndef ANNEAL_CONFIG_LOCATE_ERROR_H_
#define ANNEAL_CONFIG_LOCATE_ERROR_H_

#include "absl/status/status.h"
#include "config/node.h"

namespace anneal::config {

// What a class says of its own fields, "SGD.lr is -1; ..." or "lr is -1; ...",
// with the place and path of that value in `tree` before it:
//
//   lenet.yaml:28:30: optim_wrapper.optimizer.lr: lr is -1; it must be ...
//
// A schema knows the kinds of fields, not their ranges, and a message of a
// config knows no places: so the value is looked for. InvalidArgument where
// `tree` has one value of that field, or several, which are all named; any
// other error as it is.
absl::Status LocateError(const Node &tree, const absl::Status &status);

}  // namespace anneal::config

#endif  // ANNEAL_CONFIG_LOCATE_ERROR_H_
