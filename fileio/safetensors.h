// safetensors files.
#ifndef ANNEAL_FILEIO_SAFETENSORS_H_
#define ANNEAL_FILEIO_SAFETENSORS_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fileio/file_stream.h"
#include "utils/value.h"

namespace anneal {

struct Safetensors {
  // Name -> contiguous CPU tensor, in the order of their bytes.
  Dict tensors;
  std::map<std::string, std::string> metadata;
};

// Reads a file with every check of the reference implementation: bytes of the
// tensors contiguous from 0 to the file's end, sizes that fit shape and dtype,
// no key twice. DataLoss where the file is cut off, else InvalidArgument; each
// names the path and the tensor. Nothing guards the tensors' bytes: the format
// has no checksum.
absl::StatusOr<Safetensors> LoadSafetensors(const std::string& path);

// The same of a file's bytes, whose name the errors lack.
absl::StatusOr<Safetensors> ReadSafetensors(absl::string_view bytes);

// Writes the tensors of `content`, contiguous, in its order of dtype and name.
// InvalidArgument for a value that is no dense tensor, a dtype without a name
// in the format, or a name or metadata that is not UTF-8. The file is replaced
// whole or not at all.
absl::Status SaveSafetensors(const Safetensors& content,
                             const std::string& path);

// The same into a stream, which is closed.
absl::Status WriteSafetensors(const Safetensors& content, OutputStream* output);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_SAFETENSORS_H_
