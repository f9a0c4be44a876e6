// ASGD.
#ifndef ANNEAL_OPTIM_ASGD_H_
#define ANNEAL_OPTIM_ASGD_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/asgd.pb.h"
#include "optim/per_param_optimizer.h"

namespace anneal {

// torch.optim.ASGD (Polyak, Juditsky: Acceleration of Stochastic Approximation
// by Averaging, 1992): SGD at a rate that falls, and the mean of the weights
// from step t0 on, as "ax" in the state.
class ASGD : public PerParamOptimizer {
 public:
  using Config = ASGDConfig;

  static absl::StatusOr<std::unique_ptr<ASGD>> Create(
      Config config, std::vector<ParamGroup> groups);

 protected:
  absl::string_view type_name() const override { return "ASGD"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit ASGD(const Config& config);
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_ASGD_H_
