#include "fileio/pickle/numpy_pickle.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_strided.h>

#include <cstring>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

constexpr size_t kMaxRank = 64;

constexpr std::pair<absl::string_view, at::ScalarType> kDtypes[] = {
    {"b1", at::kBool},   {"i1", at::kChar},   {"u1", at::kByte},
    {"i2", at::kShort},  {"u2", at::kUInt16}, {"i4", at::kInt},
    {"u4", at::kUInt32}, {"i8", at::kLong},   {"u8", at::kUInt64},
    {"f2", at::kHalf},   {"f4", at::kFloat},  {"f8", at::kDouble},
};

absl::optional<std::string> BytesOf(const PickleNode& node) {
  const auto* call = node.get_if<PickleCall>();
  return call ? PickledBytes(*call) : absl::nullopt;
}

// dtype('f8', False, True) with the state (3, '<', None, ...).
absl::optional<at::ScalarType> DtypeOf(const PickleNode& node) {
  const auto* call = node.get_if<PickleCall>();
  if (call == nullptr || call->callee->name != "numpy.dtype" ||
      call->args->items.empty() || call->state == nullptr) {
    return absl::nullopt;
  }
  const auto* name = call->args->items[0]->get_if<absl::string_view>();
  const auto* state = call->state->get_if<PickleSequence>();
  if (name == nullptr || state == nullptr || state->items.size() < 2) {
    return absl::nullopt;
  }
  const auto* order = state->items[1]->get_if<absl::string_view>();
  if (order == nullptr || (*order != "<" && *order != "|")) {
    return absl::nullopt;
  }
  for (const auto& [known, dtype] : kDtypes) {
    if (known == *name) return dtype;
  }
  return absl::nullopt;
}

// A tensor of `bytes`, which are its elements in C's or Fortran's order.
absl::StatusOr<at::Tensor> MakeTensor(const std::vector<int64_t>& shape,
                                      at::ScalarType dtype, bool is_fortran,
                                      absl::string_view bytes) {
  unsigned __int128 size = c10::elementSize(dtype);
  for (const int64_t dim : shape) {
    size *= dim;
    if (size > bytes.size()) break;
  }
  if (size != bytes.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a numpy array whose ", bytes.size(), " bytes don't fit its shape"));
  }
  return CatchTorchError([&] {
    at::Tensor tensor;
    if (is_fortran) {
      std::vector<int64_t> strides;
      int64_t stride = 1;
      for (const int64_t dim : shape) {
        strides.push_back(stride);
        stride *= dim;
      }
      tensor = at::empty_strided(shape, strides, dtype);
    } else {
      tensor = at::empty(shape, dtype);
    }
    if (!bytes.empty()) {
      std::memcpy(tensor.mutable_data_ptr(), bytes.data(), bytes.size());
    }
    return tensor;
  });
}

// _reconstruct(ndarray, (0,), b'b') with (1, shape, dtype, fortran, bytes).
absl::StatusOr<absl::optional<Value>> Array(const PickleCall& call) {
  const auto* state =
      call.state ? call.state->get_if<PickleSequence>() : nullptr;
  if (state == nullptr || state->items.size() != 5) return absl::nullopt;
  const auto* dims = state->items[1]->get_if<PickleSequence>();
  const auto dtype = DtypeOf(*state->items[2]);
  const bool* is_fortran = state->items[3]->get_if<bool>();
  const auto bytes = BytesOf(*state->items[4]);
  if (!dims || dims->items.size() > kMaxRank || !dtype || !is_fortran ||
      !bytes) {
    return absl::nullopt;
  }
  std::vector<int64_t> shape;
  for (const PickleNode* item : dims->items) {
    const auto* dim = item->get_if<int64_t>();
    if (dim == nullptr || *dim < 0) {
      return absl::InvalidArgumentError(
          "a numpy array whose shape is no tuple of natural numbers");
    }
    shape.push_back(*dim);
  }
  ASSIGN_OR_RETURN(at::Tensor tensor,
                   MakeTensor(shape, *dtype, *is_fortran, *bytes));
  return absl::optional<Value>(std::move(tensor));
}

// scalar(dtype, bytes)
absl::StatusOr<absl::optional<Value>> Scalar(const PickleCall& call) {
  if (call.args->items.size() != 2) return absl::nullopt;
  const auto dtype = DtypeOf(*call.args->items[0]);
  const auto bytes = BytesOf(*call.args->items[1]);
  if (!dtype || *dtype == at::kUInt64 || !bytes) return absl::nullopt;
  ASSIGN_OR_RETURN(const at::Tensor scalar,
                   MakeTensor({}, *dtype, /*is_fortran=*/false, *bytes));
  if (*dtype == at::kBool) {
    return absl::optional<Value>(scalar.item<bool>());
  }
  if (scalar.is_floating_point()) {
    return absl::optional<Value>(scalar.item<double>());
  }
  return absl::optional<Value>(scalar.item<int64_t>());
}

}  // namespace

absl::optional<std::string> PickledBytes(const PickleCall& call) {
  const PickleNodes& args = call.args->items;
  if (call.callee->name == "builtins.bytes" && args.empty()) return "";
  if (call.callee->name != "_codecs.encode" || args.size() != 2) {
    return absl::nullopt;
  }
  const auto* text = args[0]->get_if<absl::string_view>();
  const auto* encoding = args[1]->get_if<absl::string_view>();
  if (!text || !encoding || (*encoding != "latin1" && *encoding != "latin-1")) {
    return absl::nullopt;
  }
  return Utf8ToLatin1(*text);
}

absl::StatusOr<absl::optional<Value>> PickledNumpy(const PickleCall& call) {
  // numpy 2's module and numpy 1's.
  for (const char* module :
       {"numpy._core.multiarray.", "numpy.core.multiarray."}) {
    absl::string_view name = call.callee->name;
    if (!absl::ConsumePrefix(&name, module)) continue;
    if (name == "_reconstruct") return Array(call);
    if (name == "scalar") return Scalar(call);
  }
  return absl::nullopt;
}

}  // namespace anneal
