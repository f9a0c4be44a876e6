// Rprop.
#ifndef ANNEAL_OPTIM_RPROP_H_
#define ANNEAL_OPTIM_RPROP_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/per_param_optimizer.h"
#include "optim/rprop.pb.h"

namespace anneal {

// torch.optim.Rprop (Riedmiller, Braun, 1993): steps by the gradient's sign, of
// a size for each element that grows while the sign stays and shrinks where it
// changes. For gradients of whole data sets.
class Rprop : public PerParamOptimizer {
 public:
  using Config = RpropConfig;

  static absl::StatusOr<std::unique_ptr<Rprop>> Create(
      Config config, std::vector<ParamGroup> groups);

 protected:
  absl::string_view type_name() const override { return "Rprop"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit Rprop(const Config& config);
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_RPROP_H_
