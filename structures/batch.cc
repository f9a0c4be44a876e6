#include "structures/batch.h"

#include <c10/util/Exception.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace anneal {
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
  const Value moved = MapTensors(fields_, [&](const at::Tensor& tensor) {
    return tensor.to(device, non_blocking);
  });
  return Batch(*moved.get_if<Dict>());
}

}  // namespace anneal
