// NAdam.
#ifndef ANNEAL_OPTIM_NADAM_H_
#define ANNEAL_OPTIM_NADAM_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/nadam.pb.h"
#include "optim/per_param_optimizer.h"

namespace anneal {

// torch.optim.NAdam (Dozat: Incorporating Nesterov Momentum into Adam, 2016),
// Adam that steps along the next step's momentum too; state as Adam's with the
// product of the momenta so far.
class NAdam : public PerParamOptimizer {
 public:
  using Config = NAdamConfig;

  static absl::StatusOr<std::unique_ptr<NAdam>> Create(
      Config config, std::vector<ParamGroup> groups);

 protected:
  absl::string_view type_name() const override { return "NAdam"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit NAdam(const Config& config);
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_NADAM_H_
