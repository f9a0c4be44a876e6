// Models of installed packages.
#ifndef ANNEAL_HUB_GET_MODEL_H_
#define ANNEAL_HUB_GET_MODEL_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "model/base_model.h"

namespace anneal::hub {

// mmengine's get_model: builds the `model` of GetConfig(name), whose class is
// linked, with the config's `data_preprocessor` where it has one; `pretrained`
// loads its weights (LoadCheckpoint) as a run's `load_from` does. Errors are
// those of these and of the registry; InvalidArgument where the config has no
// model.
absl::StatusOr<std::unique_ptr<BaseModel>> GetModel(const std::string& name,
                                                    bool pretrained = false);

}  // namespace anneal::hub

#endif  // ANNEAL_HUB_GET_MODEL_H_
