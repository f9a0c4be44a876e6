// Files by path or URI: mmengine.fileio's functions.
#ifndef ANNEAL_FILEIO_FILE_CLIENT_H_
#define ANNEAL_FILEIO_FILE_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fileio/file_backend.h"

namespace anneal::fileio {

// Makes `backend` serve URIs "prefix://...". AlreadyExists for a prefix that
// has one. Not thread-safe: register before the first use.
absl::Status RegisterFileBackend(const std::string& prefix,
                                 std::unique_ptr<const FileBackend> backend);

// The backend of `uri`: by its prefix, local without one. NotFound lists the
// prefixes there are.
absl::StatusOr<const FileBackend*> GetFileBackend(absl::string_view uri);

// Each picks the backend by the path's prefix; see FileBackend.
absl::StatusOr<std::string> Get(const std::string& path);
absl::StatusOr<std::string> GetText(const std::string& path);
absl::Status Put(absl::string_view bytes, const std::string& path);
absl::Status PutText(absl::string_view text, const std::string& path);
absl::StatusOr<bool> Exists(const std::string& path);
absl::StatusOr<bool> IsDir(const std::string& path);
absl::StatusOr<bool> IsFile(const std::string& path);
absl::Status Remove(const std::string& path);
absl::Status RmTree(const std::string& path);
absl::StatusOr<std::vector<std::string>> ListDirOrFile(
    const std::string& path, const ListOptions& options = {});
// Python's os.path.join: "a" and "b" give "a/b"; `file` alone where it begins
// with "/".
std::string JoinPath(absl::string_view path, absl::string_view file);

}  // namespace anneal::fileio

#endif  // ANNEAL_FILEIO_FILE_CLIENT_H_
