// PyTorch's .pth files.
#ifndef ANNEAL_FILEIO_PTH_H_
#define ANNEAL_FILEIO_PTH_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "utils/value.h"

namespace anneal {

// What torch.save wrote, the zip form of torch 1.6 on or the stream before it,
// without executing anything in it. Tensors are on the CPU; those that shared a
// storage share it. Every record of a zip is checked against its CRC-32.
// NotFound, DataLoss (truncated or damaged), InvalidArgument (no such file, or
// TorchScript, tar), each naming the path, the record and what to do.
absl::StatusOr<Value> LoadPth(const std::string& path);

// Writes what Python's torch.load(weights_only=True) opens. The file is
// replaced whole or not at all; a failure, as of a full disk, leaves the older
// one.
absl::Status SavePth(const Value& value, const std::string& path);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PTH_H_
