// The schedulers of a config's list.
#ifndef ANNEAL_OPTIM_SCHEDULERS_BUILD_SCHEDULERS_H_
#define ANNEAL_OPTIM_SCHEDULERS_BUILD_SCHEDULERS_H_

#include <google/protobuf/any.pb.h>
#include <google/protobuf/repeated_field.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/param_scheduler.h"

namespace anneal {

// Builds `configs` in their order over `groups`, which outlive them.
// `has_validation`: whether metrics will be there for those that look at them.
// InvalidArgument, naming the entry, for what a class refuses, for one that
// needs a validation where there is none, and for two that change the same
// number over the very same span: give them spans that follow each other.
// `place`: what messages call the list.
absl::StatusOr<std::vector<std::unique_ptr<ParamScheduler>>> BuildSchedulers(
    const google::protobuf::RepeatedPtrField<google::protobuf::Any>& configs,
    std::vector<ParamGroup>* groups, const ScheduleLengths& lengths,
    bool has_validation, const std::string& place = "param_scheduler");

}  // namespace anneal

#endif  // ANNEAL_OPTIM_SCHEDULERS_BUILD_SCHEDULERS_H_
