#include "optim/adamw.h"

#include <utility>

#include "utils/status_macros.h"

namespace anneal {
namespace {

AdamConfig AsAdam(const AdamWConfig& config) {
  AdamConfig adam;
  adam.set_lr(config.lr());
  *adam.mutable_betas() = config.betas();
  adam.set_eps(config.eps());
  adam.set_weight_decay(config.weight_decay());
  adam.set_amsgrad(config.amsgrad());
  adam.set_maximize(config.maximize());
  return adam;
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdamW>> AdamW::Create(
    const Config& config, std::vector<ParamGroup> groups) {
  std::unique_ptr<AdamW> adamw(new AdamW(config));
  RETURN_IF_ERROR(adamw->AddParamGroups(std::move(groups)));
  return adamw;
}

AdamW::AdamW(const Config& config)
    : Adam(AsAdam(config), /*is_decoupled=*/true) {}

ANNEAL_REGISTER(Optimizer, AdamW);

}  // namespace anneal
