// ZeroRedundancyOptimizer: torch.distributed.optim's by its config.

#include <google/protobuf/struct.pb.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/lower.h"
#include "config/node.h"
#include "config/struct_node.h"
#include "optim/optim_wrapper.pb.h"
#include "optim/optimizer.h"
#include "registry/registry_index.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// ZeRO's first stage (Rajbhandari et al., 2020) as torch's class has it: each
// rank keeps the state of some parameters. What a config names; which ranks
// keep what is the strategy's to say. An optimizer alone keeps all of it, so
// this builds the optimizer of `optimizer_type` itself: the numbers and the
// state_dict, which is that of all ranks together, are the same either way.
//
//   optimizer: {type: ZeroRedundancyOptimizer, optimizer_type: AdamW, lr:
//   0.001}
//
// parameters_as_bucket_view is without effect; overlap_with_ddp is refused, as
// mmengine does not support it either.
class ZeroRedundancyOptimizer {
 public:
  using Config = google::protobuf::Struct;

  static absl::StatusOr<std::unique_ptr<Optimizer>> Create(
      const Config& config, std::vector<ParamGroup> groups) {
    config::Node optimizer = config::StructToNode(config);
    const config::Node* type = optimizer.Find("optimizer_type");
    if (type == nullptr || type->get_if<std::string>() == nullptr) {
      return absl::InvalidArgumentError(
          "ZeroRedundancyOptimizer.optimizer_type is missing; give the class "
          "of the optimizer, as optimizer_type: AdamW");
    }
    if (*type->get_if<std::string>() == "ZeroRedundancyOptimizer") {
      return absl::InvalidArgumentError(
          "ZeroRedundancyOptimizer.optimizer_type is ZeroRedundancyOptimizer; "
          "give the class of the optimizer itself");
    }
    const config::Node* overlap = optimizer.Find("overlap_with_ddp");
    if (overlap != nullptr && overlap->get_if<bool>() &&
        *overlap->get_if<bool>()) {
      return absl::InvalidArgumentError(
          "ZeroRedundancyOptimizer.overlap_with_ddp is true; only false is "
          "supported");
    }
    optimizer.Set("type", *type);
    for (const char* own :
         {"optimizer_type", "overlap_with_ddp", "parameters_as_bucket_view"}) {
      optimizer.Erase(own);
    }
    config::Node section{config::Node::Map(), config::Place()};
    section.Set("optimizer", std::move(optimizer));
    OptimWrapperConfig lowered;
    const absl::Status status =
        config::Lower(section, RegistryIndex::Get(), &lowered);
    if (!status.ok()) {
      return absl::Status(
          status.code(),
          absl::StrCat("ZeroRedundancyOptimizer: ", status.message()));
    }
    return RegistryOf<Optimizer>::Get().Build(lowered.optimizer(),
                                              std::move(groups));
  }
};

ANNEAL_REGISTER_IN_SCOPE(Optimizer, ZeroRedundancyOptimizer, "anneal");

}  // namespace
}  // namespace anneal
