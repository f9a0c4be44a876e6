// Adadelta.
#ifndef ANNEAL_OPTIM_ADADELTA_H_
#define ANNEAL_OPTIM_ADADELTA_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/adadelta.pb.h"
#include "optim/per_param_optimizer.h"

namespace anneal {

// torch.optim.Adadelta (Zeiler, 2012):
//
//   v = rho * v + (1 - rho) * g^2
//   d = sqrt(u + eps) / sqrt(v + eps) * g
//   u = rho * u + (1 - rho) * d^2,  p = p - lr * d
class Adadelta : public PerParamOptimizer {
 public:
  using Config = AdadeltaConfig;

  static absl::StatusOr<std::unique_ptr<Adadelta>> Create(
      Config config, std::vector<ParamGroup> groups);

 protected:
  absl::string_view type_name() const override { return "Adadelta"; }
  absl::Status ValidateOptions(const Dict& options) const override;
  void StepGroup(ParamGroup& group, std::vector<ParamStep>& params,
                 double grad_factor) override;

 private:
  explicit Adadelta(const Config& config);
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_ADADELTA_H_
