#include "fileio/torch_storage.h"

#include <utility>

namespace anneal {
namespace {

constexpr std::pair<absl::string_view, c10::ScalarType> kStorages[] = {
    {"FloatStorage", c10::kFloat},
    {"DoubleStorage", c10::kDouble},
    {"HalfStorage", c10::kHalf},
    {"BFloat16Storage", c10::kBFloat16},
    {"LongStorage", c10::kLong},
    {"IntStorage", c10::kInt},
    {"ShortStorage", c10::kShort},
    {"CharStorage", c10::kChar},
    {"ByteStorage", c10::kByte},
    {"BoolStorage", c10::kBool},
    {"ComplexFloatStorage", c10::kComplexFloat},
    {"ComplexDoubleStorage", c10::kComplexDouble},
};

}  // namespace

absl::optional<c10::ScalarType> StorageDtype(absl::string_view class_name) {
  for (const auto& [name, dtype] : kStorages) {
    if (name == class_name) return dtype;
  }
  return absl::nullopt;
}

absl::optional<absl::string_view> StorageClassName(c10::ScalarType dtype) {
  for (const auto& [name, known] : kStorages) {
    if (known == dtype) return name;
  }
  return absl::nullopt;
}

}  // namespace anneal
