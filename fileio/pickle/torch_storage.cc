#include "fileio/pickle/torch_storage.h"

namespace anneal {
namespace {

struct Names {
  c10::ScalarType dtype;
  absl::string_view name;
  absl::string_view storage_class;  // "" without one
};

constexpr Names kNames[] = {
    {c10::kFloat, "float32", "FloatStorage"},
    {c10::kDouble, "float64", "DoubleStorage"},
    {c10::kHalf, "float16", "HalfStorage"},
    {c10::kBFloat16, "bfloat16", "BFloat16Storage"},
    {c10::kLong, "int64", "LongStorage"},
    {c10::kInt, "int32", "IntStorage"},
    {c10::kShort, "int16", "ShortStorage"},
    {c10::kChar, "int8", "CharStorage"},
    {c10::kByte, "uint8", "ByteStorage"},
    {c10::kBool, "bool", "BoolStorage"},
    {c10::kComplexFloat, "complex64", "ComplexFloatStorage"},
    {c10::kComplexDouble, "complex128", "ComplexDoubleStorage"},
    {c10::kUInt16, "uint16", ""},
    {c10::kUInt32, "uint32", ""},
    {c10::kUInt64, "uint64", ""},
    {c10::kFloat8_e4m3fn, "float8_e4m3fn", ""},
    {c10::kFloat8_e5m2, "float8_e5m2", ""},
    {c10::kFloat8_e4m3fnuz, "float8_e4m3fnuz", ""},
    {c10::kFloat8_e5m2fnuz, "float8_e5m2fnuz", ""},
    {c10::kFloat8_e8m0fnu, "float8_e8m0fnu", ""},
};

const Names* Find(c10::ScalarType dtype) {
  for (const Names& names : kNames) {
    if (names.dtype == dtype) return &names;
  }
  return nullptr;
}

}  // namespace

absl::optional<c10::ScalarType> StorageDtype(absl::string_view class_name) {
  if (class_name.empty()) return absl::nullopt;
  for (const Names& names : kNames) {
    if (names.storage_class == class_name) return names.dtype;
  }
  return absl::nullopt;
}

absl::optional<absl::string_view> StorageClassName(c10::ScalarType dtype) {
  const Names* names = Find(dtype);
  if (names == nullptr || names->storage_class.empty()) return absl::nullopt;
  return names->storage_class;
}

absl::optional<c10::ScalarType> DtypeByName(absl::string_view name) {
  for (const Names& names : kNames) {
    if (names.name == name) return names.dtype;
  }
  return absl::nullopt;
}

absl::optional<absl::string_view> DtypeName(c10::ScalarType dtype) {
  const Names* names = Find(dtype);
  if (names == nullptr) return absl::nullopt;
  return names->name;
}

}  // namespace anneal
