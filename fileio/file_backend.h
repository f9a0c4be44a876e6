// The interface of every storage backend.
#ifndef ANNEAL_FILEIO_FILE_BACKEND_H_
#define ANNEAL_FILEIO_FILE_BACKEND_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// What ListDirOrFile lists.
struct ListOptions {
  bool list_dir = true;
  bool list_file = true;
  // Only names that end in it; "" is all.
  std::string suffix;
  bool recursive = false;
};

// Files by path or URI, wherever they are: mmengine's storage backends. An
// operation that a backend lacks is Unimplemented; a missing file is NotFound.
// Errors name the path and what to do. Thread-safe.
class FileBackend {
 public:
  virtual ~FileBackend() = default;

  // "LocalBackend".
  virtual std::string name() const = 0;

  virtual absl::StatusOr<std::string> Get(const std::string& path) const = 0;
  // The file is replaced as a whole or not at all; folders above it are made.
  virtual absl::Status Put(absl::string_view bytes,
                           const std::string& path) const;
  virtual absl::StatusOr<bool> Exists(const std::string& path) const;
  virtual absl::StatusOr<bool> IsDir(const std::string& path) const;
  virtual absl::StatusOr<bool> IsFile(const std::string& path) const;
  virtual absl::Status CopyFile(const std::string& from,
                                const std::string& to) const;
  virtual absl::Status CopyTree(const std::string& from,
                                const std::string& to) const;
  virtual absl::Status Remove(const std::string& path) const;
  virtual absl::Status RmTree(const std::string& path) const;
  // Paths relative to `path`, sorted; hidden ones and what lies behind links to
  // folders are left out.
  virtual absl::StatusOr<std::vector<std::string>> ListDirOrFile(
      const std::string& path, const ListOptions& options) const;

 protected:
  absl::Status Lacks(absl::string_view operation) const;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_FILE_BACKEND_H_
