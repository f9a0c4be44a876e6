#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "optim/fused_sgd.pb.h"
#include "optim/options.h"
#include "optim/sgd.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// SGD by ColossalAI's name and arguments.
class FusedSGD : public SGD {
 public:
  using Config = FusedSGDConfig;

  static absl::StatusOr<std::unique_ptr<FusedSGD>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    std::unique_ptr<FusedSGD> optimizer(new FusedSGD(config));
    RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(groups)));
    return optimizer;
  }

 protected:
  absl::string_view type_name() const override { return "FusedSGD"; }
  absl::string_view state_type() const override { return "SGD"; }

 private:
  explicit FusedSGD(const Config& config)
      : SGD(OptionsOf(config, {"wd_after_momentum"}),
            config.wd_after_momentum()) {}
};

ANNEAL_REGISTER(Optimizer, FusedSGD);

}  // namespace
}  // namespace anneal
