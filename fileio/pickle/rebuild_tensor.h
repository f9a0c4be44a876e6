// Tensors that pickles describe by calls of torch's functions.
#ifndef ANNEAL_FILEIO_PICKLE_REBUILD_TENSOR_H_
#define ANNEAL_FILEIO_PICKLE_REBUILD_TENSOR_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fileio/pickle/pickle_graph.h"

namespace anneal {

// A storage that a pickle refers to by its persistent id.
struct StorageId {
  std::string key;
  // Of its elements; kByte for an untyped storage.
  at::ScalarType dtype = at::kFloat;
  // Elements of `dtype`.
  int64_t numel = 0;
};

// Gives the storage as a contiguous tensor of StorageId::numel elements; the
// same tensor for the same key.
using StorageLoader =
    std::function<absl::StatusOr<at::Tensor>(const StorageId&)>;

// Whether `callee` is one of torch's functions that RebuildTensor stands in
// for: _rebuild_tensor, _v2 and _v3, _rebuild_parameter and its kin.
bool IsRebuild(absl::string_view callee);

// The tensor that `call`, of a callee that IsRebuild, would make: a view of the
// storage it names. InvalidArgument for malformed arguments, a storage of a
// type that Anneal does not read, or a view that reaches out of its storage.
absl::StatusOr<at::Tensor> RebuildTensor(const PickleCall& call,
                                         const StorageLoader& storages);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PICKLE_REBUILD_TENSOR_H_
