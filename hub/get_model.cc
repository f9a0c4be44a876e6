#include "hub/get_model.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "config/node.h"
#include "fileio/uri.h"
#include "hub/get_config.h"
#include "hub/load_checkpoint.h"
#include "model/data_preprocessor.h"
#include "registry/build_from_cfg.h"
#include "strategy/module_state_dict.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal::hub {
namespace {

absl::Status LoadWeights(const std::string& url, BaseModel* model) {
  ASSIGN_OR_RETURN(const Value checkpoint, LoadCheckpoint(url));
  ASSIGN_OR_RETURN(const Dict* weights, checkpoint.AsDict(url));
  if (const Value* state_dict = weights->Find("state_dict")) {
    ASSIGN_OR_RETURN(weights, state_dict->AsDict(url + ": state_dict"));
  }
  const absl::Status status =
      LoadModuleStateDict(*weights, StateDictMatch::kLenient, model);
  return status.ok() ? status : Annotate(status, ShownPath(url));
}

}  // namespace

absl::StatusOr<std::unique_ptr<BaseModel>> GetModel(const std::string& name,
                                                    bool pretrained) {
  ASSIGN_OR_RETURN(const config::Node node, GetConfig(name, pretrained));
  const config::Node* cfg = node.Find("model");
  if (cfg == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, " has no `model` to build"));
  }
  ASSIGN_OR_RETURN(std::unique_ptr<BaseModel> model, CatchTorchError([&] {
                     return BuildFromCfg<BaseModel>(*cfg);
                   }));
  if (const config::Node* preprocessor = node.Find("data_preprocessor")) {
    ASSIGN_OR_RETURN(auto built, BuildFromCfg<DataPreprocessor>(*preprocessor));
    model->set_data_preprocessor(std::move(built));
  }
  if (pretrained) {
    const auto* url = node.Find("model_path")->get_if<std::string>();
    RETURN_IF_ERROR(LoadWeights(*url, model.get()));
  }
  return model;
}

}  // namespace anneal::hub
