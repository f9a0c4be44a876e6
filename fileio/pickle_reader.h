// Pickles of tensors, read without running anything.
#ifndef ANNEAL_FILEIO_PICKLE_READER_H_
#define ANNEAL_FILEIO_PICKLE_READER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "utils/value.h"

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

struct PickleResult {
  Value value;
  // Bytes that the pickle took.
  size_t size = 0;
};

// Reads one pickle with the 34 opcodes that torch's weights_only takes.
// Tensors, parameters, OrderedDict, torch.Size and bytes become Values; tuples
// and sets become lists. Every other global is inert: {"__global__": its name,
// "args": [...], "state": ...}. Nothing is imported, called or executed.
//
// InvalidArgument, with the byte's offset, for anything malformed: another
// opcode, a stack underflow, a tensor that reaches out of its storage, items
// set on what is no dict, nesting beyond 100, more than ten million values.
absl::StatusOr<PickleResult> ReadPickle(absl::string_view bytes,
                                        const StorageLoader& storages);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PICKLE_READER_H_
