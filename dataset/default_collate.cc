// default_collate: samples stacked field by field.

#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "dataset/collate.h"
#include "dataset/collate_fields.h"
#include "dataset/default_collate.pb.h"
#include "utils/annotate.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

using Values = std::vector<const Value*>;

// The values' contents as Ts, if each is one of From.
template <typename T, typename... From>
bool AllAre(const Values& values, std::vector<T>* contents) {
  contents->clear();
  contents->reserve(values.size());
  const auto add = [&](const auto* content) {
    if (content != nullptr) contents->push_back(static_cast<T>(*content));
    return content != nullptr;
  };
  for (const Value* value : values) {
    if (!(add(value->get_if<From>()) || ...)) return false;
  }
  return true;
}

absl::StatusOr<Value> Stack(const Values& values, const std::string& field) {
  std::vector<at::Tensor> tensors;
  if (AllAre<at::Tensor, at::Tensor>(values, &tensors)) {
    auto stacked = CatchTorchError([&] { return at::stack(tensors); });
    if (stacked.ok()) return Value(*std::move(stacked));
    const absl::Status error = Annotate(
        stacked.status(), absl::StrCat("default_collate: \"", field, "\""));
    const bool is_one_size = absl::c_all_of(tensors, [&](const auto& tensor) {
      return tensor.sizes() == tensors[0].sizes();
    });
    if (is_one_size) return error;
    return absl::InvalidArgumentError(
        absl::StrCat(error.message(),
                     "; make the samples one size, or use collate_fn: "
                     "{type: pseudo_collate}"));
  }
  std::vector<uint8_t> bools;
  if (AllAre<uint8_t, bool>(values, &bools)) {
    return Value(at::tensor(bools, at::kByte).to(at::kBool));
  }
  std::vector<int64_t> integers;
  if (AllAre<int64_t, int64_t, bool>(values, &integers)) {
    return Value(at::tensor(integers, at::kLong));
  }
  std::vector<double> reals;
  if (AllAre<double, double, int64_t, bool>(values, &reals)) {
    return Value(at::tensor(reals, at::kDouble));
  }
  Value::List list;
  for (const Value* value : values) list.push_back(*value);
  return Value(std::move(list));
}

// mmengine's: tensors stack, booleans become a bool tensor, integers an int64
// and reals a float64 one, dicts go field by field and lists element by
// element, all else becomes a list.
class default_collate : public Collate {  // NOLINT: mmengine's name
 public:
  using Config = default_collateConfig;
  static absl::StatusOr<std::unique_ptr<default_collate>> Create(
      const Config&) {
    return std::make_unique<default_collate>();
  }

  absl::StatusOr<Batch> operator()(std::vector<Dict> samples) const override {
    return CollateFields(samples, Stack);
  }
};

ANNEAL_REGISTER(Collate, default_collate);

}  // namespace
}  // namespace anneal
