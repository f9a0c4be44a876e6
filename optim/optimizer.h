// The interface of every optimizer.
#ifndef ANNEAL_OPTIM_OPTIMIZER_H_
#define ANNEAL_OPTIM_OPTIMIZER_H_

#include <cstdint>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "optim/param_group.h"
#include "registry/registry.h"
#include "utils/value.h"

namespace anneal {

namespace dist {
class Communicator;
}

// Updates parameters from their gradients; equal to torch.optim's class of the
// same name, number for number. Learning rates are doubles on the host.
// Not thread-safe. Numeric methods throw c10::Error as LibTorch does.
class Optimizer {
 public:
  virtual ~Optimizer() = default;

  // One update of every parameter whose gradient is defined. Throws
  // c10::Error, with nothing changed, where needs_closure().
  virtual void Step() = 0;

  // Step() as it would be if each gradient were `grad_factor` times itself, to
  // unscale or clip without a pass over memory for it. What the gradients are
  // afterwards is open: call ZeroGrad().
  virtual void ScaledStep(double grad_factor);

  // Whether a step evaluates the loss more than once, so that only the class's
  // own Step(closure) can make it.
  virtual bool needs_closure() const { return false; }

  // Deals the state out among the ranks of `communicator`, which hold the same
  // parameters and gradients and call it together before the first step; the
  // updated parameters are the same on all of them still. Does nothing but for
  // ZeroRedundancyOptimizer, which is asked for that by its name:
  // InvalidArgument where what it wraps can't be. The communicator outlives
  // the optimizer.
  virtual absl::Status ShardOver(dist::Communicator* communicator);
  // Whether state_dict() has the states of this rank's parameters alone, in
  // their places in the whole, which LoadStateDict takes.
  virtual bool is_sharded() const { return false; }

  // Sets every gradient to undefined, as torch's set_to_none=True.
  void ZeroGrad();

  // Appends a group; options it lacks take the optimizer's defaults.
  // InvalidArgument for a group without parameters, for a parameter that is in
  // a group already, is no leaf or has gaps in memory, and for an option of the
  // wrong kind or out of range.
  absl::Status AddParamGroup(ParamGroup group);

  std::vector<ParamGroup>& param_groups() { return param_groups_; }
  const std::vector<ParamGroup>& param_groups() const { return param_groups_; }

  // Every option's default: a group's value where it gave none.
  const Dict& defaults() const { return defaults_; }

  // {"state": {index: {...}}, "param_groups": [{..., "params": [index]}]}:
  // the layout and names of Python's optimizer.state_dict(), and "type", of
  // what optimizer, which Python passes over. Tensors alias the optimizer's.
  Value state_dict() const;

  // Takes over a state_dict of the same class with the same numbers of groups
  // and parameters, also one that Python wrote. Nothing has changed when it
  // fails: InvalidArgument (NotFound for a part that is missing) naming the
  // group or the parameter that does not fit.
  absl::Status LoadStateDict(const Value& state_dict);

 protected:
  // `defaults` states every option of the class, and by its kind what a group
  // may give; one that is None may be anything.
  explicit Optimizer(Dict defaults) : defaults_(std::move(defaults)) {}

  // What Create does with its groups; none at all is an error as one without
  // parameters is.
  absl::Status AddParamGroups(std::vector<ParamGroup> groups);

  // The class's name for messages.
  virtual absl::string_view type_name() const = 0;

  // The algorithm's name in state_dict(): optimizers take over the state of
  // those with the same. Default: type_name().
  virtual absl::string_view state_type() const { return type_name(); }

  // Whether the step of a parameter depends on no other parameter, so that
  // ranks may each make that of some.
  virtual bool is_per_param() const { return true; }

  // Whether options, all there and of their defaults' kinds, are in range:
  // InvalidArgument with name, value and range.
  virtual absl::Status ValidateOptions(const Dict& options) const = 0;

  // Whether a group, its options merged, is one that the class takes: as
  // AddParamGroup. Default: any.
  virtual absl::Status ValidateGroup(const ParamGroup& group) const;

  // Parameters were added at the end of param_groups().
  virtual void ParamsAdded() = 0;

  // The state of parameter `param` of group `group` in Python's names, empty
  // before its first step.
  virtual Dict ParamState(size_t group, size_t param) const = 0;
  // Whether LoadParamState can take `state`; it is called on all before any is
  // loaded.
  virtual absl::Status CheckParamState(size_t group, size_t param,
                                       const Dict& state) const = 0;
  virtual void LoadParamState(size_t group, size_t param,
                              const Dict& state) = 0;

 private:
  // It forwards to the one it wraps.
  friend class ZeroRedundancyOptimizer;

  // A group of a state_dict that fits.
  struct GroupState {
    Dict options;
    std::vector<Dict> params;
  };

  absl::StatusOr<Dict> MergeOptions(Dict options, const Dict& changes) const;
  absl::StatusOr<GroupState> ReadGroupState(size_t group, const Value& value,
                                            const Dict& state) const;

  Dict defaults_;
  std::vector<ParamGroup> param_groups_;
  std::set<const void*> known_params_;
};

ANNEAL_REGISTRY(Optimizer, "optimizer", std::vector<ParamGroup>);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_OPTIMIZER_H_
