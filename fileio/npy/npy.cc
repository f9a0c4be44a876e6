#include "fileio/npy/npy.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/scalar_tensor.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/npy/npy_header.h"
#include "fileio/pth/zip_reader.h"
#include "fileio/pth/zip_writer.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

constexpr std::pair<absl::string_view, at::ScalarType> kDtypes[] = {
    {"b1", at::kBool},         {"i1", at::kChar},           {"u1", at::kByte},
    {"i2", at::kShort},        {"u2", at::kUInt16},         {"i4", at::kInt},
    {"u4", at::kUInt32},       {"i8", at::kLong},           {"u8", at::kUInt64},
    {"f2", at::kHalf},         {"f4", at::kFloat},          {"f8", at::kDouble},
    {"c8", at::kComplexFloat}, {"c16", at::kComplexDouble},
};

absl::StatusOr<at::ScalarType> DtypeOf(absl::string_view descr) {
  absl::string_view name = descr;
  for (absl::string_view order : {"<", ">", "|", "="}) {
    if (absl::ConsumePrefix(&name, order)) break;
  }
  for (const auto& [known, dtype] : kDtypes) {
    if (known == name) return dtype;
  }
  if (absl::StartsWith(name, "O")) {
    return absl::InvalidArgumentError(
        "an array of Python objects, which only running a pickle reads; save "
        "arrays of numbers");
  }
  return absl::InvalidArgumentError(
      absl::StrCat("an array of ", descr,
                   ", which torch has no dtype for; convert it (astype)"));
}

// Reverses the bytes of each number in `data`.
void SwapBytes(char* data, size_t size, size_t number_size) {
  for (size_t i = 0; i < size; i += number_size) {
    std::reverse(data + i, data + i + number_size);
  }
}

// Bytes of the array; more than there are if that is beyond 64 bits.
uint64_t BytesOf(const NpyHeader& header, size_t element_size, uint64_t most) {
  unsigned __int128 size = element_size;
  // An empty array is empty whatever its other dimensions are.
  if (std::count(header.shape.begin(), header.shape.end(), 0) > 0) return 0;
  for (const int64_t dim : header.shape) {
    size *= static_cast<uint64_t>(dim);
    if (size > most) return most + 1;
  }
  return static_cast<uint64_t>(size);
}

// `bytes` as the elements of a contiguous tensor of `shape`.
at::Tensor Filled(absl::string_view bytes, const std::vector<int64_t>& shape,
                  at::ScalarType dtype, bool is_big_endian) {
  at::Tensor tensor = at::empty(shape, dtype);
  if (bytes.empty()) return tensor;
  char* data = static_cast<char*>(tensor.mutable_data_ptr());
  std::memcpy(data, bytes.data(), bytes.size());
  if (dtype == at::kBool) {
    // Any other byte than 0 and 1 is no bool of C++.
    for (size_t i = 0; i < bytes.size(); ++i) data[i] = data[i] != 0;
  }
  if (is_big_endian) {
    const size_t size = tensor.element_size();
    SwapBytes(data, bytes.size(), tensor.is_complex() ? size / 2 : size);
  }
  return tensor;
}

absl::StatusOr<at::Tensor> TensorOf(const Value& value) {
  if (const auto* tensor = value.get_if<at::Tensor>()) return *tensor;
  if (const auto* flag = value.get_if<bool>()) {
    return at::scalar_tensor(*flag, at::kBool);
  }
  if (const auto* integer = value.get_if<int64_t>()) {
    return at::scalar_tensor(*integer, at::kLong);
  }
  if (const auto* real = value.get_if<double>()) {
    return at::scalar_tensor(*real, at::kDouble);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "a ", value.type_name(), " is no array; give a tensor or a number"));
}

}  // namespace

absl::StatusOr<at::Tensor> ReadNpy(absl::string_view bytes) {
  ASSIGN_OR_RETURN(NpyHeader header, ReadNpyHeader(bytes));
  ASSIGN_OR_RETURN(const at::ScalarType dtype, DtypeOf(header.descr));
  bytes.remove_prefix(header.size);
  const uint64_t size = BytesOf(header, c10::elementSize(dtype), bytes.size());
  if (size > bytes.size()) {
    return absl::DataLossError(
        absl::StrCat("the array is cut off: there are ", bytes.size(),
                     " bytes of it; the file is truncated"));
  }
  const bool is_big_endian = header.descr[0] == '>';
  return CatchTorchError([&] {
    // Fortran's order is C's of the transpose.
    if (header.fortran_order) {
      std::reverse(header.shape.begin(), header.shape.end());
    }
    at::Tensor tensor =
        Filled(bytes.substr(0, size), header.shape, dtype, is_big_endian);
    if (!header.fortran_order) return tensor;
    std::vector<int64_t> reversed(header.shape.size());
    for (size_t i = 0; i < reversed.size(); ++i) {
      reversed[i] = static_cast<int64_t>(reversed.size() - 1 - i);
    }
    return tensor.permute(reversed).contiguous();
  });
}

absl::StatusOr<std::string> NpyBytes(const at::Tensor& tensor) {
  if (!tensor.defined()) {
    return absl::InvalidArgumentError("an undefined tensor is no array");
  }
  absl::string_view name;
  for (const auto& [known, dtype] : kDtypes) {
    if (dtype == tensor.scalar_type()) name = known;
  }
  if (name.empty() || tensor.layout() != at::kStrided) {
    return absl::InvalidArgumentError(absl::StrCat(
        "numpy has no ",
        name.empty() ? c10::toString(tensor.scalar_type()) : "sparse",
        " arrays; convert the tensor (to(kFloat), to_dense())"));
  }
  ASSIGN_OR_RETURN(
      const at::Tensor dense, CatchTorchError([&] {
        return tensor.detach().cpu().resolve_conj().resolve_neg().contiguous();
      }));
  const bool has_order = dense.element_size() > 1;
  std::string bytes = NpyHeaderBytes(absl::StrCat(has_order ? "<" : "|", name),
                                     dense.sizes().vec());
  if (dense.nbytes() > 0) {
    bytes.append(static_cast<const char*>(dense.const_data_ptr()),
                 dense.nbytes());
  }
  return bytes;
}

absl::StatusOr<Dict> ReadNpz(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const ZipReader zip, ZipReader::Open(bytes));
  Dict arrays;
  for (const std::string& name : zip.names()) {
    ASSIGN_OR_RETURN(std::string record, zip.Inflate(name));
    absl::string_view key = name;
    if (!absl::ConsumeSuffix(&key, ".npy")) {
      arrays.Set(name, Value::Bytes{std::move(record)});
      continue;
    }
    absl::StatusOr<at::Tensor> array = ReadNpy(record);
    if (!array.ok()) {
      return Annotate(array.status(), absl::StrCat("record ", name));
    }
    arrays.Set(std::string(key), *std::move(array));
  }
  return arrays;
}

absl::Status WriteNpz(const Dict& arrays,
                      std::unique_ptr<OutputStream> output) {
  ZipWriter zip(std::move(output));
  for (const auto& [key, value] : arrays) {
    const std::string name = KeyString(key);
    const absl::StatusOr<at::Tensor> tensor = TensorOf(value);
    if (!tensor.ok()) return Annotate(tensor.status(), name);
    const absl::StatusOr<std::string> bytes = NpyBytes(*tensor);
    if (!bytes.ok()) return Annotate(bytes.status(), name);
    RETURN_IF_ERROR(zip.Add(name + ".npy", *bytes));
  }
  return zip.Finish();
}

}  // namespace anneal
