// Adamax.
#ifndef ANNEAL_OPTIM_ADAMAX_H_
#define ANNEAL_OPTIM_ADAMAX_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/adamax.pb.h"
#include "optim/per_param_optimizer.h"

namespace anneal {

// torch.optim.Adamax (Kingma, Ba, 2015): Adam by the largest gradient instead
// of the mean square,
//
//   m = beta1 * m + (1 - beta1) * g,  u = max(beta2 * u, |g| + eps)
//   p = p - lr / (1 - beta1^t) * m / u
class Adamax : public PerParamOptimizer {
 public:
  using Config = AdamaxConfig;

  static absl::StatusOr<std::unique_ptr<Adamax>> Create(
      Config config, std::vector<ParamGroup> groups);

 protected:
  absl::string_view type_name() const override { return "Adamax"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit Adamax(const Config& config);
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_ADAMAX_H_
