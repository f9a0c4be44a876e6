#include "structures/batch.h"

#include <c10/util/Exception.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace anneal {
namespace {

Value MoveTo(const Value& value, c10::Device device, bool non_blocking) {
  if (const auto* tensor = value.get_if<at::Tensor>()) {
    return tensor->to(device, non_blocking);
  }
  if (const auto* list = value.get_if<Value::List>()) {
    Value::List out;
    for (const Value& item : *list) {
      out.push_back(MoveTo(item, device, non_blocking));
    }
    return out;
  }
  if (const auto* dict = value.get_if<Dict>()) {
    Dict out;
    for (const auto& [key, item] : *dict) {
      out.Set(key, MoveTo(item, device, non_blocking));
    }
    return out;
  }
  return value;
}

}  // namespace

const at::Tensor& Batch::tensor(absl::string_view name) const {
  const Value* value = fields_.Find(name);
  const auto* tensor = value ? value->get_if<at::Tensor>() : nullptr;
  TORCH_CHECK_VALUE(tensor != nullptr, "the batch has no tensor \"",
                    std::string(name), "\"; it has: ",
                    absl::StrJoin(fields_, ", ",
                                  [](std::string* out, const Dict::Item& item) {
                                    absl::StrAppend(
                                        out, KeyString(item.first), " (",
                                        item.second.type_name(), ")");
                                  }));
  return *tensor;
}

Batch Batch::To(c10::Device device, bool non_blocking) const {
  Dict moved;
  for (const auto& [key, value] : fields_) {
    moved.Set(key, MoveTo(value, device, non_blocking));
  }
  return Batch(std::move(moved));
}

}  // namespace anneal
