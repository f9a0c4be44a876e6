#include "fileio/pickle/rebuild_tensor.h"

#include <ATen/ops/as_strided.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/pickle/torch_storage.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

constexpr size_t kMaxRank = 64;
constexpr char kTensor[] = "torch._utils._rebuild_tensor";
constexpr char kTensorV2[] = "torch._utils._rebuild_tensor_v2";
constexpr char kTensorV3[] = "torch._utils._rebuild_tensor_v3";
constexpr char kParameter[] = "torch._utils._rebuild_parameter";
constexpr char kParameterWithState[] =
    "torch._utils._rebuild_parameter_with_state";
constexpr char kFromType[] = "torch._tensor._rebuild_from_type_v2";

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

// ('storage', StorageClass, key, location, numel[, view])
absl::StatusOr<StorageId> ParseStorageId(const PickleNode& node) {
  constexpr char kNoStorage[] = "a persistent id that is no storage's";
  const auto* id = node.get_if<PickleSequence>();
  if (id == nullptr || id->items.size() < 5) return Bad(kNoStorage);
  const auto* tag = id->items[0]->get_if<absl::string_view>();
  const auto* type = id->items[1]->get_if<PickleGlobal>();
  const auto* key = id->items[2]->get_if<absl::string_view>();
  const auto* numel = id->items[4]->get_if<int64_t>();
  if (!tag || *tag != "storage" || !type || !key || !numel || *numel < 0) {
    return Bad(kNoStorage);
  }
  if (id->items.size() > 5 && !id->items[5]->get_if<PickleNone>()) {
    return Bad(
        "a storage that is a view, as torch before 0.4 wrote; save the file "
        "anew with a newer torch");
  }
  StorageId storage;
  storage.key = std::string(*key);
  storage.numel = *numel;
  absl::string_view name = type->name;
  if (name == "torch.storage.UntypedStorage") {
    storage.dtype = at::kByte;
  } else if (absl::ConsumePrefix(&name, "torch.") && StorageDtype(name)) {
    storage.dtype = *StorageDtype(name);
  } else {
    return Bad(absl::StrCat("a storage of type ", type->name,
                            ", which Anneal does not read"));
  }
  return storage;
}

absl::StatusOr<std::vector<int64_t>> NaturalNumbers(const PickleNode& node) {
  const auto* sequence = node.get_if<PickleSequence>();
  if (sequence == nullptr) return Bad("a tensor's shape is no tuple");
  std::vector<int64_t> values;
  for (const PickleNode* item : sequence->items) {
    const auto* value = item->get_if<int64_t>();
    if (value == nullptr || *value < 0) {
      return Bad("a tensor's shape or stride is no natural number");
    }
    values.push_back(*value);
  }
  return values;
}

// Whether the view's elements can be counted and lie in a storage of `numel`.
bool Fits(at::IntArrayRef sizes, at::IntArrayRef strides, int64_t offset,
          int64_t numel) {
  constexpr unsigned __int128 kMax = std::numeric_limits<int64_t>::max();
  unsigned __int128 last = offset;
  unsigned __int128 bytes = 16;  // of the largest dtype's elements
  bool is_empty = false;
  for (size_t i = 0; i < sizes.size(); ++i) {
    is_empty |= sizes[i] == 0;
    if (sizes[i] == 0) continue;
    bytes *= sizes[i];
    last += static_cast<unsigned __int128>(sizes[i] - 1) * strides[i];
    if (bytes > kMax || last > kMax) return false;
  }
  return is_empty || last < static_cast<unsigned __int128>(numel);
}

// The storage's elements as those of `dtype`, which v3's seventh field names.
absl::StatusOr<at::Tensor> Reinterpret(const at::Tensor& bytes,
                                       const PickleNode& dtype_node) {
  const auto* global = dtype_node.get_if<PickleGlobal>();
  absl::string_view name;
  if (global != nullptr) name = global->name;
  const auto dtype =
      absl::ConsumePrefix(&name, "torch.") ? DtypeByName(name) : absl::nullopt;
  if (!dtype) {
    return Bad(absl::StrCat("a tensor of ", global ? global->name : "no dtype",
                            ", which Anneal does not read"));
  }
  if (bytes.scalar_type() != at::kByte ||
      bytes.numel() % c10::elementSize(*dtype) != 0) {
    return Bad(absl::StrCat("a tensor of ", global->name,
                            " whose storage is not of whole elements"));
  }
  return CatchTorchError([&] { return bytes.view(*dtype); });
}

// (storage, offset, size, stride[, requires_grad, hooks[, dtype, ...]])
absl::StatusOr<at::Tensor> View(absl::string_view callee,
                                const PickleNodes& args,
                                const StorageLoader& storages) {
  const size_t num_needed = callee == kTensorV3 ? 7 : 4;
  if (args.size() < num_needed) return Bad("a tensor with too few fields");
  const auto* reference = args[0]->get_if<PickleReference>();
  const auto* offset = args[1]->get_if<int64_t>();
  if (!reference || !offset || *offset < 0) {
    return Bad("a tensor without a storage");
  }
  ASSIGN_OR_RETURN(const StorageId id, ParseStorageId(*reference->id));
  ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, NaturalNumbers(*args[2]));
  ASSIGN_OR_RETURN(const std::vector<int64_t> strides,
                   NaturalNumbers(*args[3]));
  if (sizes.size() != strides.size() || sizes.size() > kMaxRank) {
    return Bad("a tensor whose size and stride don't fit");
  }
  ASSIGN_OR_RETURN(at::Tensor elements, storages(id));
  if (callee == kTensorV3) {
    ASSIGN_OR_RETURN(elements, Reinterpret(elements, *args[6]));
  }
  if (!Fits(sizes, strides, *offset, elements.numel())) {
    return Bad("a tensor reaches out of its storage");
  }
  return CatchTorchError([&] {
    const bool is_empty = std::count(sizes.begin(), sizes.end(), 0) > 0;
    return is_empty ? elements.new_empty(sizes)
                    : at::as_strided(elements, sizes, strides, *offset);
  });
}

}  // namespace

bool IsRebuild(absl::string_view callee) {
  return callee == kTensor || callee == kTensorV2 || callee == kTensorV3 ||
         callee == kParameter || callee == kParameterWithState ||
         callee == kFromType;
}

absl::StatusOr<at::Tensor> RebuildTensor(const PickleCall& call,
                                         const StorageLoader& storages) {
  const std::string* callee = &call.callee->name;
  const PickleNodes* args = &call.args->items;
  // Parameters and tensors with attributes wrap a call that came before them,
  // so this ends.
  while (*callee == kParameter || *callee == kParameterWithState ||
         *callee == kFromType) {
    if (*callee == kFromType) {  // (function, type, arguments, state)
      const auto* function =
          args->size() == 4 ? (*args)[0]->get_if<PickleGlobal>() : nullptr;
      const auto* arguments =
          function ? (*args)[2]->get_if<PickleSequence>() : nullptr;
      if (arguments == nullptr || !arguments->is_tuple) {
        return Bad("a tensor with attributes but no function to make it");
      }
      callee = &function->name;
      args = &arguments->items;
    } else {  // (tensor, requires_grad, hooks[, state])
      const auto* data =
          args->empty() ? nullptr : (*args)[0]->get_if<PickleCall>();
      if (data == nullptr) return Bad("a parameter without a tensor");
      callee = &data->callee->name;
      args = &data->args->items;
    }
  }
  if (!IsRebuild(*callee)) {
    return Bad(absl::StrCat("a tensor made by ", *callee,
                            ", which Anneal does not read"));
  }
  return View(*callee, *args, storages);
}

}  // namespace anneal
