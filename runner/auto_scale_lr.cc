#include "runner/auto_scale_lr.h"

#include "absl/strings/str_cat.h"
#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal {

absl::Status ScaleLearningRate(const AutoScaleLR& config, int64_t batch_size,
                               Optimizer* optimizer) {
  if (!config.enable()) return absl::OkStatus();
  if (config.base_batch_size() < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("auto_scale_lr.base_batch_size is ",
                     config.base_batch_size(), "; it must be at least 1"));
  }
  const double ratio =
      static_cast<double>(batch_size) / config.base_batch_size();
  ANNEAL_LOG(INFO) << "LR is set based on batch size of " << batch_size
                   << " and the base batch size is " << config.base_batch_size()
                   << ": scaled by " << ratio;
  for (ParamGroup& group : optimizer->param_groups()) {
    ASSIGN_OR_RETURN(const double lr, group.options["lr"].AsReal("lr"));
    group.options["lr"] = lr * ratio;
  }
  return absl::OkStatus();
}

}  // namespace anneal
