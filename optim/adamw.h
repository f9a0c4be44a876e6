// AdamW.
#ifndef ANNEAL_OPTIM_ADAMW_H_
#define ANNEAL_OPTIM_ADAMW_H_

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/adam.h"
#include "optim/adamw.pb.h"

namespace anneal {

// torch.optim.AdamW (Loshchilov, Hutter: Decoupled Weight Decay Regularization,
// 2019): Adam whose decay acts on the weights, p = p * (1 - lr * weight_decay),
// instead of on the gradient.
class AdamW : public Adam {
 public:
  using Config = AdamWConfig;

  static absl::StatusOr<std::unique_ptr<AdamW>> Create(
      Config config, std::vector<ParamGroup> groups);

 protected:
  absl::string_view type_name() const override { return "AdamW"; }

 private:
  using Adam::Adam;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_ADAMW_H_
