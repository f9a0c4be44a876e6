// Files by path or URI: mmengine.fileio's functions.
#ifndef ANNEAL_FILEIO_FILE_CLIENT_H_
#define ANNEAL_FILEIO_FILE_CLIENT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fileio/backend_args.h"
#include "fileio/backend_registry.h"
#include "fileio/file_backend.h"

namespace anneal::fileio {

// Each is the operation of that name (FileBackend) of the backend that `args`
// name, else of the one that serves the path's prefix; of two paths that is the
// first, of the -FromLocal ones the second. GetFileBackend's errors and the
// operation's.
absl::StatusOr<std::string> Get(const std::string& path,
                                const BackendArgs& args = {});
absl::StatusOr<std::string> GetText(const std::string& path,
                                    const BackendArgs& args = {});
absl::Status Put(absl::string_view bytes, const std::string& path,
                 const BackendArgs& args = {});
absl::Status PutText(absl::string_view text, const std::string& path,
                     const BackendArgs& args = {});
absl::StatusOr<std::unique_ptr<InputStream>> OpenInput(
    const std::string& path, const BackendArgs& args = {});
absl::StatusOr<std::unique_ptr<OutputStream>> OpenOutput(
    const std::string& path, const BackendArgs& args = {});

absl::StatusOr<bool> Exists(const std::string& path,
                            const BackendArgs& args = {});
absl::StatusOr<bool> IsDir(const std::string& path,
                           const BackendArgs& args = {});
absl::StatusOr<bool> IsFile(const std::string& path,
                            const BackendArgs& args = {});
absl::StatusOr<std::vector<std::string>> ListDirOrFile(
    const std::string& path, const ListOptions& options = {},
    const BackendArgs& args = {});
absl::StatusOr<LocalPath> GetLocalPath(const std::string& path,
                                       const BackendArgs& args = {});

// Without `args` also from one backend to another, as a stream.
absl::StatusOr<std::string> CopyFile(const std::string& from,
                                     const std::string& to,
                                     const BackendArgs& args = {});
absl::StatusOr<std::string> CopyFileFromLocal(const std::string& from,
                                              const std::string& to,
                                              const BackendArgs& args = {});
absl::StatusOr<std::string> CopyFileToLocal(const std::string& from,
                                            const std::string& to,
                                            const BackendArgs& args = {});
absl::StatusOr<std::string> CopyTree(const std::string& from,
                                     const std::string& to,
                                     const BackendArgs& args = {});
absl::StatusOr<std::string> CopyTreeFromLocal(const std::string& from,
                                              const std::string& to,
                                              const BackendArgs& args = {});
absl::StatusOr<std::string> CopyTreeToLocal(const std::string& from,
                                            const std::string& to,
                                            const BackendArgs& args = {});
absl::StatusOr<bool> CopyIfSymlinkFails(const std::string& from,
                                        const std::string& to,
                                        const BackendArgs& args = {});
absl::Status Remove(const std::string& path, const BackendArgs& args = {});
absl::Status RmTree(const std::string& path, const BackendArgs& args = {});
absl::StatusOr<std::string> GeneratePresignedUrl(
    const std::string& url, const std::string& client_method = "get_object",
    absl::Duration expires_in = absl::Hours(1), const BackendArgs& args = {});

// The backend's way to join where one serves `path`, else os.path.join's:
// "a" and "b" give "a/b"; `file` alone where it begins with "/".
std::string JoinPath(absl::string_view path, absl::string_view file,
                     const BackendArgs& args = {});

}  // namespace anneal::fileio

#endif  // ANNEAL_FILEIO_FILE_CLIENT_H_
