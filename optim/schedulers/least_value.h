// The least value of a schedule that falls to one.
#ifndef ANNEAL_OPTIM_SCHEDULERS_LEAST_VALUE_H_
#define ANNEAL_OPTIM_SCHEDULERS_LEAST_VALUE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "optim/schedulers/schedule_context.h"
#include "utils/status_macros.h"

namespace anneal {

// eta_min, or eta_min_ratio of the initial value.
struct LeastValue {
  double eta_min = 0;
  bool is_ratio = false;

  double Of(double initial) const {
    return is_ratio ? initial * eta_min : eta_min;
  }
};

// The fields eta_min and eta_min_ratio. InvalidArgument where both are given,
// or one that is not finite or negative.
template <typename Config>
absl::StatusOr<LeastValue> LeastValueOf(const Config& config) {
  if (config.has_eta_min() && config.has_eta_min_ratio()) {
    return absl::InvalidArgumentError(
        "eta_min and eta_min_ratio exclude each other");
  }
  LeastValue least;
  least.is_ratio = config.has_eta_min_ratio();
  least.eta_min = least.is_ratio ? config.eta_min_ratio() : config.eta_min();
  RETURN_IF_ERROR(CheckFieldNotNegative(
      least.is_ratio ? "eta_min_ratio" : "eta_min", least.eta_min));
  return least;
}

}  // namespace anneal

#endif  // ANNEAL_OPTIM_SCHEDULERS_LEAST_VALUE_H_
