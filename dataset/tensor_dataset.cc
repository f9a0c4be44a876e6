// TensorDataset: named tensors of one file.

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dataset/compose.h"
#include "dataset/dataset.h"
#include "dataset/row_dataset.h"
#include "dataset/sample_range.h"
#include "dataset/tensor_dataset.pb.h"
#include "fileio/pth/pth.h"
#include "fileio/safetensors.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

absl::StatusOr<Dict> ReadTensors(const std::string& path) {
  if (absl::EndsWith(path, ".safetensors")) {
    ASSIGN_OR_RETURN(Safetensors file, LoadSafetensors(path));
    return std::move(file.tensors);
  }
  if (absl::EndsWith(path, ".pth") || absl::EndsWith(path, ".pt")) {
    ASSIGN_OR_RETURN(Value value, LoadPth(path));
    ASSIGN_OR_RETURN(const Dict* dict, value.AsDict(path));
    return *dict;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "TensorDataset: ", path, " is no .safetensors, .pth or .pt file"));
}

// Samples hold a row of each tensor.
//
//   dataset: {type: TensorDataset, path: data/train.safetensors,
//             keys: {x: inputs, y: labels}}
class TensorDataset : public RowDataset {
 public:
  using Config = TensorDatasetConfig;
  using RowDataset::RowDataset;

  static absl::StatusOr<std::unique_ptr<TensorDataset>> Create(
      const Config& config) {
    ASSIGN_OR_RETURN(const Dict tensors, ReadTensors(config.path()));
    ASSIGN_OR_RETURN(Fields fields, Choose(config, tensors));
    std::vector<std::string> lengths;
    bool differ = false;
    for (const auto& [name, tensor] : fields) {
      lengths.push_back(absl::StrCat(name, " ", tensor.size(0)));
      differ |= tensor.size(0) != fields[0].second.size(0);
    }
    if (differ) {
      return absl::InvalidArgumentError(
          absl::StrCat("TensorDataset: ", config.path(),
                       ": the first dimension, the samples, differs: ",
                       absl::StrJoin(lengths, ", "),
                       "; name those that belong together in keys"));
    }
    ASSIGN_OR_RETURN(const SampleRange range,
                     RangeOf(config, fields[0].second.size(0),
                             absl::StrCat("TensorDataset ", config.path())));
    ASSIGN_OR_RETURN(Compose pipeline, Compose::Create(config.pipeline()));
    return std::make_unique<TensorDataset>(std::move(fields), range,
                                           std::move(pipeline));
  }

 private:
  // The tensors that `keys` names, by their field.
  static absl::StatusOr<Fields> Choose(const Config& config,
                                       const Dict& tensors) {
    Fields fields;
    auto add = [&](const std::string& key,
                   const std::string& field) -> absl::Status {
      const std::string path = absl::StrCat("TensorDataset: ", config.path());
      ASSIGN_OR_RETURN(const Value* value, Require(tensors, key, path));
      ASSIGN_OR_RETURN(const at::Tensor tensor,
                       value->AsTensor(absl::StrCat(
                           path, ": name the tensors in keys; ", key)));
      if (tensor.dim() == 0) {
        return absl::InvalidArgumentError(
            absl::StrCat(path, ": ", key,
                         " is a single number; its first dimension must "
                         "be the samples"));
      }
      fields.emplace_back(field, tensor.contiguous());
      return absl::OkStatus();
    };
    if (config.keys().empty()) {
      for (const auto& [key, value] : tensors) {
        RETURN_IF_ERROR(add(KeyString(key), KeyString(key)));
      }
    }
    // By field, each once; a protobuf map has no order of its own.
    std::map<std::string, std::string> keys;
    for (const auto& [key, field] : config.keys()) {
      const auto [same, is_new] = keys.emplace(field, key);
      if (is_new) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "TensorDataset: ", config.path(), ": keys make both ",
          std::min(key, same->second), " and ", std::max(key, same->second),
          " the field \"", field, "\"; give each a name of its own"));
    }
    for (const auto& [field, key] : keys) RETURN_IF_ERROR(add(key, field));
    if (!fields.empty()) return fields;
    return absl::InvalidArgumentError(
        absl::StrCat("TensorDataset: ", config.path(), " holds no tensors"));
  }
};

ANNEAL_REGISTER(Dataset, TensorDataset);

}  // namespace
}  // namespace anneal
