// The schedulers of a run's optimizers.
#ifndef ANNEAL_RUNNER_OPTIMIZER_SCHEDULERS_H_
#define ANNEAL_RUNNER_OPTIMIZER_SCHEDULERS_H_

#include <google/protobuf/any.pb.h>
#include <google/protobuf/map.h>
#include <google/protobuf/repeated_field.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/runner.pb.h"
#include "optim/base_optim_wrapper.h"
#include "optim/param_scheduler.h"
#include "utils/value.h"

namespace anneal {

// A config's param_scheduler: of every optimizer, or of each by its name.
struct SchedulerConfigs {
  const google::protobuf::RepeatedPtrField<google::protobuf::Any>& of_all;
  const google::protobuf::Map<std::string, ParamSchedulers>& by_optimizer;
};

// InvalidArgument where some are given by name and the names are not those of
// the optimizers: one is missing or is none, or there is a lone optimizer; or
// where both ways are taken.
absl::Status CheckSchedulerNames(
    const SchedulerConfigs& configs,
    const BaseOptimWrapper::NamedOptimizers& optimizers);

// The schedulers of optimizer `name`; errors as BuildSchedulers.
absl::StatusOr<std::vector<std::unique_ptr<ParamScheduler>>> BuildSchedulersOf(
    const SchedulerConfigs& configs, const std::string& name,
    Optimizer* optimizer, const ScheduleLengths& lengths, bool has_validation);

class OptimizerSchedulers {
 public:
  // None.
  OptimizerSchedulers() = default;

  // The optimizers outlive them.
  static absl::StatusOr<OptimizerSchedulers> Build(
      const SchedulerConfigs& configs,
      const BaseOptimWrapper::NamedOptimizers& optimizers,
      const ScheduleLengths& lengths, bool has_validation);

  // In the order of the optimizers.
  std::vector<std::unique_ptr<ParamScheduler>>& all() { return all_; }

  // What messages call one of them: "param_scheduler.generator.0".
  std::string place(size_t index) const;

  // As mmengine's: a list of states, or of several optimizers a dict of lists.
  Value state_dict() const;
  // Also takes the list of all from several optimizers. InvalidArgument where
  // the config that was saved had others; what a scheduler refuses comes after
  // those before it have changed.
  absl::Status LoadStateDict(const Value& state_dict);

 private:
  struct Part {
    std::string name;
    size_t begin;  // in all_
    size_t size;
  };

  std::vector<std::unique_ptr<ParamScheduler>> all_;
  std::vector<Part> parts_;  // of each optimizer
};

}  // namespace anneal

#endif  // ANNEAL_RUNNER_OPTIMIZER_SCHEDULERS_H_
