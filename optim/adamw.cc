#include "optim/adamw.h"

#include <utility>

#include "optim/options.h"
#include "utils/status_macros.h"

namespace anneal {

absl::StatusOr<std::unique_ptr<AdamW>> AdamW::Create(
    Config config, std::vector<ParamGroup> groups) {
  SetDefault({0.9, 0.999}, config.mutable_betas());
  Dict defaults = OptionsOf(config);
  defaults["decoupled_weight_decay"] = true;
  std::unique_ptr<AdamW> adamw(new AdamW(std::move(defaults)));
  RETURN_IF_ERROR(adamw->AddParamGroups(std::move(groups)));
  return adamw;
}

ANNEAL_REGISTER(Optimizer, AdamW);

}  // namespace anneal
