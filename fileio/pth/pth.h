// PyTorch's .pth files.
#ifndef ANNEAL_FILEIO_PTH_PTH_H_
#define ANNEAL_FILEIO_PTH_PTH_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fileio/file_stream.h"
#include "utils/value.h"

namespace anneal {

// What torch.save wrote, the zip form of torch 1.6 on or the stream before it,
// without executing anything in it. Tensors are on the CPU; those that shared a
// storage share it. Every record of a zip is checked against its CRC-32.
// NotFound, DataLoss (truncated or damaged), InvalidArgument (no such file, or
// TorchScript, tar), each naming the path, the record and what to do.
absl::StatusOr<Value> LoadPth(const std::string& path);

// The same of a file's bytes; `name` is its name for warnings.
absl::StatusOr<Value> ReadPth(absl::string_view bytes, const std::string& name);

// Writes what Python's torch.load(weights_only=True) opens. The file is
// replaced whole or not at all; a failure, as of a full disk, leaves the older
// one.
absl::Status SavePth(const Value& value, const std::string& path);

// The same into a stream, which is closed; `stem` is the folder that the zip's
// records are in: torch's is the file's name without its suffix.
absl::Status WritePth(const Value& value, const std::string& stem,
                      std::unique_ptr<OutputStream> output);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PTH_PTH_H_
