// default_collate: samples stacked field by field.

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataset/collate.h"
#include "dataset/default_collate.pb.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

absl::StatusOr<Value> Stack(const std::vector<const Value*>& values,
                            const std::string& path);

// The values' contents, if each is a T.
template <typename T>
bool AllAre(const std::vector<const Value*>& values, std::vector<T>* contents) {
  for (const Value* value : values) {
    const T* content = value->get_if<T>();
    if (content == nullptr) return false;
    contents->push_back(*content);
  }
  return true;
}

absl::StatusOr<Value> StackDicts(const std::vector<Dict>& dicts,
                                 const std::string& path) {
  Dict out;
  for (const auto& [key, unused] : dicts[0]) {
    const std::string child =
        absl::StrCat(path, path.empty() ? "" : ".", KeyString(key));
    std::vector<const Value*> values;
    for (const Dict& dict : dicts) {
      const Value* value = dict.FindKey(key);
      if (value == nullptr) {
        return absl::InvalidArgumentError(absl::StrCat(
            "default_collate: a sample has no \"", child, "\", others have"));
      }
      values.push_back(value);
    }
    ASSIGN_OR_RETURN(Value stacked, Stack(values, child));
    out.Set(key, std::move(stacked));
  }
  return out;
}

absl::StatusOr<Value> Stack(const std::vector<const Value*>& values,
                            const std::string& path) {
  std::vector<at::Tensor> tensors;
  if (AllAre(values, &tensors)) {
    at::Tensor stacked;
    const absl::Status status =
        CatchTorchError([&] { stacked = at::stack(tensors); });
    if (status.ok()) return Value(std::move(stacked));
    return absl::InvalidArgumentError(
        absl::StrCat("default_collate: \"", path, "\": ", status.message(),
                     "; make the samples one size, or use collate_fn: {type: "
                     "pseudo_collate}"));
  }
  std::vector<int64_t> integers;
  if (AllAre(values, &integers)) return Value(at::tensor(integers, at::kLong));
  std::vector<double> reals;
  if (AllAre(values, &reals)) return Value(at::tensor(reals, at::kDouble));
  std::vector<Dict> dicts;
  if (AllAre(values, &dicts)) return StackDicts(dicts, path);
  Value::List list;
  for (const Value* value : values) list.push_back(*value);
  return Value(std::move(list));
}

// As torch's: tensors stack, integers become an int64 tensor and reals a
// float64 one, dicts go field by field, all else becomes a list.
class default_collate : public Collate {  // NOLINT: mmengine's name
 public:
  using Config = default_collateConfig;
  static absl::StatusOr<std::unique_ptr<default_collate>> Create(
      const Config&) {
    return std::make_unique<default_collate>();
  }

  absl::StatusOr<Batch> operator()(std::vector<Dict> samples) const override {
    if (samples.empty()) return Batch();
    ASSIGN_OR_RETURN(Value stacked, StackDicts(samples, ""));
    return Batch(std::move(*stacked.get_if<Dict>()));
  }
};

ANNEAL_REGISTER(Collate, default_collate);

}  // namespace
}  // namespace anneal
