// The interface of every storage backend.
#ifndef ANNEAL_FILEIO_FILE_BACKEND_H_
#define ANNEAL_FILEIO_FILE_BACKEND_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "fileio/file_stream.h"
#include "fileio/local/local_path.h"

namespace anneal {

// What ListDirOrFile lists.
struct ListOptions {
  bool list_dir = true;
  bool list_file = true;
  // Only names that end in it; "" is all.
  std::string suffix;
  bool recursive = false;
};

// Files by path or URI, wherever they are: mmengine's storage backends. A
// backend overrides what it can do: Get at least. What is made of other
// operations where it is not overridden says so; any other is Unimplemented. A
// missing file is NotFound. Errors name the path and what to do. Thread-safe.
class FileBackend {
 public:
  virtual ~FileBackend() = default;

  // "LocalBackend".
  virtual std::string name() const = 0;

  virtual absl::StatusOr<std::string> Get(const std::string& path) const = 0;
  // Get's bytes, which must be UTF-8, else InvalidArgument.
  virtual absl::StatusOr<std::string> GetText(const std::string& path) const;
  // Whether texts have "\n" for "\r\n" and "\r", as Python's files do.
  virtual bool translates_line_ends() const { return false; }
  // The file is replaced as a whole or not at all; folders above it are made.
  virtual absl::Status Put(absl::string_view bytes,
                           const std::string& path) const;

  // By pieces. Made of Get and Put, in memory, by default.
  virtual absl::StatusOr<std::unique_ptr<InputStream>> OpenInput(
      const std::string& path) const;
  // The backend outlives the stream.
  virtual absl::StatusOr<std::unique_ptr<OutputStream>> OpenOutput(
      const std::string& path) const;

  virtual absl::StatusOr<bool> Exists(const std::string& path) const;
  virtual absl::StatusOr<bool> IsDir(const std::string& path) const;
  virtual absl::StatusOr<bool> IsFile(const std::string& path) const;
  // Python's os.path.join by default: "a" and "b" give "a/b"; `file` alone
  // where it begins with "/".
  virtual std::string JoinPath(absl::string_view path,
                               absl::string_view file) const;
  // Paths relative to `path`, sorted; hidden ones and what lies behind links to
  // folders are left out.
  virtual absl::StatusOr<std::vector<std::string>> ListDirOrFile(
      const std::string& path, const ListOptions& options) const;

  // The file on this machine: a copy that goes with the object by default.
  virtual absl::StatusOr<LocalPath> GetLocalPath(const std::string& path) const;

  // Each gives the destination, which is below `to` where that is a folder. An
  // older file is replaced; InvalidArgument where both are the same file. Made
  // of OpenInput and OpenOutput by default.
  virtual absl::StatusOr<std::string> CopyFile(const std::string& from,
                                               const std::string& to) const;
  virtual absl::StatusOr<std::string> CopyFileFromLocal(
      const std::string& from, const std::string& to) const;
  virtual absl::StatusOr<std::string> CopyFileToLocal(
      const std::string& from, const std::string& to) const;
  // Each gives `to`; AlreadyExists where there is something. Made of
  // ListDirOrFile and copies of files by default: InvalidArgument, before
  // anything is written, where a name listed is absolute or has a part "", "."
  // or "..". Of this machine links are followed, those to folders as well, and
  // one that leads nowhere is an error (fileio/local/local_tree.h).
  virtual absl::StatusOr<std::string> CopyTree(const std::string& from,
                                               const std::string& to) const;
  virtual absl::StatusOr<std::string> CopyTreeFromLocal(
      const std::string& from, const std::string& to) const;
  virtual absl::StatusOr<std::string> CopyTreeToLocal(
      const std::string& from, const std::string& to) const;
  // Makes `to` a link to `from`, true, or a copy, false: what a backend
  // without links does.
  virtual absl::StatusOr<bool> CopyIfSymlinkFails(const std::string& from,
                                                  const std::string& to) const;

  // Of a file, not of a folder.
  virtual absl::Status Remove(const std::string& path) const;
  virtual absl::Status RmTree(const std::string& path) const;

  // A URL by which who has no credentials may do `client_method`
  // ("get_object", "put_object") for that long.
  virtual absl::StatusOr<std::string> GeneratePresignedUrl(
      const std::string& url, const std::string& client_method = "get_object",
      absl::Duration expires_in = absl::Hours(1)) const;

 protected:
  absl::Status Lacks(absl::string_view operation) const;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_FILE_BACKEND_H_
