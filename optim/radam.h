// RAdam.
#ifndef ANNEAL_OPTIM_RADAM_H_
#define ANNEAL_OPTIM_RADAM_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/per_param_optimizer.h"
#include "optim/radam.pb.h"

namespace anneal {

// torch.optim.RAdam (Liu et al.: On the Variance of the Adaptive Learning Rate
// and Beyond, 2020): Adam whose first steps, while too few squares were seen to
// trust their mean, go by momentum alone.
class RAdam : public PerParamOptimizer {
 public:
  using Config = RAdamConfig;

  static absl::StatusOr<std::unique_ptr<RAdam>> Create(
      Config config, std::vector<ParamGroup> groups);

 protected:
  absl::string_view type_name() const override { return "RAdam"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit RAdam(const Config& config);
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_RADAM_H_
