// Values in files of any format: mmengine's load and dump.
#ifndef ANNEAL_FILEIO_VALUE_FILE_H_
#define ANNEAL_FILEIO_VALUE_FILE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fileio/backend_args.h"
#include "utils/value.h"

namespace anneal::fileio {

// What the file holds, by the handler of `format`: "json", "yaml", "pkl",
// "pth", "safetensors", "npy", "npz" or one that is registered
// (fileio/file_handler.h). Without `format` it is what follows the path's last
// point. The backend's and the handler's errors, which name the path.
absl::StatusOr<Value> Load(const std::string& path,
                           const std::string& format = "",
                           const BackendArgs& args = {});

// Writes the file whole or not at all; folders above it are made.
absl::Status Dump(const Value& value, const std::string& path,
                  const std::string& format = "", const BackendArgs& args = {});

}  // namespace anneal::fileio

#endif  // ANNEAL_FILEIO_VALUE_FILE_H_
