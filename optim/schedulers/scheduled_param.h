// One number of every parameter group.
#ifndef ANNEAL_OPTIM_SCHEDULERS_SCHEDULED_PARAM_H_
#define ANNEAL_OPTIM_SCHEDULERS_SCHEDULED_PARAM_H_

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "optim/param_group.h"

namespace anneal {

// The option that a scheduler changes. "momentum" of groups without one is the
// first of their betas.
class ScheduledParam {
 public:
  // InvalidArgument, with those there are, unless every group has a number of
  // that name.
  static absl::StatusOr<ScheduledParam> Create(std::vector<ParamGroup>* groups,
                                               std::string name);

  const std::string& name() const { return name_; }
  // "initial_lr" for lr: the option in which groups keep what they started
  // with.
  const std::string& initial_name() const { return initial_name_; }

  // Groups may be added at any time.
  size_t num_groups() const { return groups_->size(); }
  ParamGroup& group(size_t index) const { return (*groups_)[index]; }

  // The number of a group. Dies if it is none any more.
  double& at(size_t group);

  // Every group's number.
  std::vector<double> values() const;

  // The number that a group started with: what stands under initial_name(),
  // where the present one is put if no number does.
  double NoteInitial(size_t group);
  // InvalidArgument for a group that has no number under initial_name() yet.
  absl::Status CheckHasInitial() const;

  // The dict of a scheduler's state: InvalidArgument (NotFound for a part that
  // is missing) where it is one of another number or of other units.
  absl::StatusOr<const Dict*> StateOf(const Value& state_dict,
                                      bool by_epoch) const;

 private:
  ScheduledParam(std::vector<ParamGroup>* groups, std::string name,
                 bool is_beta)
      : groups_(groups),
        name_(std::move(name)),
        initial_name_("initial_" + name_),
        is_beta_(is_beta),
        key_(is_beta ? "betas" : name_) {}

  std::vector<ParamGroup>* groups_;
  std::string name_;
  std::string initial_name_;
  bool is_beta_;
  // Of the option that holds the number, and where it stood last, by group.
  std::string key_;
  std::vector<size_t> positions_;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_SCHEDULERS_SCHEDULED_PARAM_H_
