// Values as pickles that torch.load(weights_only=True) takes.
#ifndef ANNEAL_FILEIO_PICKLE_PICKLE_WRITER_H_
#define ANNEAL_FILEIO_PICKLE_PICKLE_WRITER_H_

#include <ATen/core/Tensor.h>

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "utils/value.h"

namespace anneal {

// Takes a contiguous CPU tensor over a whole storage and gives its key.
using StorageSaver = std::function<std::string(const at::Tensor&)>;

// The pickle, protocol 2. Tensors keep their strides and share storages as they
// do in memory; one that shows less than half of its storage is copied, so that
// a file doesn't carry what nobody sees. Objects are written as their
// ToValue(). InvalidArgument for a text that is not UTF-8 or nesting beyond
// 100; Unimplemented for tensors that are sparse, quantized or of a dtype that
// torch has no name for in a file.
absl::StatusOr<std::string> WritePickle(const Value& value,
                                        const StorageSaver& storages);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PICKLE_PICKLE_WRITER_H_
