// Which storage backends there are.
#ifndef ANNEAL_FILEIO_BACKEND_REGISTRY_H_
#define ANNEAL_FILEIO_BACKEND_REGISTRY_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fileio/backend_args.h"
#include "fileio/file_backend.h"

namespace anneal::fileio {

// Makes a backend of its arguments, "backend" not among them. InvalidArgument
// for unknown ones (BackendArgsReader).
using BackendFactory =
    std::function<absl::StatusOr<std::unique_ptr<const FileBackend>>(
        const BackendArgs& args)>;

// mmengine's register_backend: the backend that {backend: name} asks for and
// that serves the URIs "prefix://..." of each prefix. AlreadyExists, and
// nothing registered, where the name or a prefix is taken; with `force` it goes
// to the new one. "local" serves "file" and paths without a prefix.
// Thread-safe.
absl::Status RegisterBackend(const std::string& name, BackendFactory factory,
                             const std::vector<std::string>& prefixes = {},
                             bool force = false);

// Registers before main, as a constant of a .cc whose target is alwayslink;
// dies where RegisterBackend fails:
//
//   const fileio::BackendRegistration kRegistration("tape", &MakeTape,
//   {"tape"});
class BackendRegistration {
 public:
  BackendRegistration(const std::string& name, BackendFactory factory,
                      const std::vector<std::string>& prefixes = {});
};

// The backend that `args` name, else the one of the prefix of `uri`: "s3" of
// "s3://bucket/key" and of "cluster:s3://bucket/key". The same object for the
// same backend and arguments, made at first use and kept to the program's end.
// NotFound lists those that are linked.
absl::StatusOr<const FileBackend*> GetFileBackend(
    absl::string_view uri,
    const BackendArgs& args = BackendArgs::default_instance());

}  // namespace anneal::fileio

#endif  // ANNEAL_FILEIO_BACKEND_REGISTRY_H_
