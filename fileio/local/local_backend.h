// Files of this machine.
#ifndef ANNEAL_FILEIO_LOCAL_LOCAL_BACKEND_H_
#define ANNEAL_FILEIO_LOCAL_LOCAL_BACKEND_H_

#include <memory>
#include <string>
#include <vector>

#include "fileio/file_backend.h"

namespace anneal {

// The local file system; a prefix "file://" is dropped. What it writes appears
// whole or not at all: written aside, fsynced, renamed. To write to another
// "scheme://" is InvalidArgument: no folder of that name is meant.
class LocalBackend : public FileBackend {
 public:
  std::string name() const override { return "LocalBackend"; }
  absl::StatusOr<std::string> Get(const std::string& path) const override;
  // Line ends "\r\n" and "\r" become "\n", as Python's open() has it.
  absl::StatusOr<std::string> GetText(const std::string& path) const override;
  bool translates_line_ends() const override { return true; }
  absl::Status Put(absl::string_view bytes,
                   const std::string& path) const override;
  absl::StatusOr<std::unique_ptr<InputStream>> OpenInput(
      const std::string& path) const override;
  absl::StatusOr<std::unique_ptr<OutputStream>> OpenOutput(
      const std::string& path) const override;
  absl::StatusOr<bool> Exists(const std::string& path) const override;
  absl::StatusOr<bool> IsDir(const std::string& path) const override;
  absl::StatusOr<bool> IsFile(const std::string& path) const override;
  absl::StatusOr<std::vector<std::string>> ListDirOrFile(
      const std::string& path, const ListOptions& options) const override;
  absl::StatusOr<LocalPath> GetLocalPath(
      const std::string& path) const override;
  // Copies have the rights of what they are of; the folders above `to` are
  // made.
  absl::StatusOr<std::string> CopyFile(const std::string& from,
                                       const std::string& to) const override;
  absl::StatusOr<std::string> CopyFileFromLocal(
      const std::string& from, const std::string& to) const override;
  absl::StatusOr<std::string> CopyFileToLocal(
      const std::string& from, const std::string& to) const override;
  // What was copied before an error stays.
  absl::StatusOr<std::string> CopyTree(const std::string& from,
                                       const std::string& to) const override;
  absl::StatusOr<std::string> CopyTreeFromLocal(
      const std::string& from, const std::string& to) const override;
  absl::StatusOr<std::string> CopyTreeToLocal(
      const std::string& from, const std::string& to) const override;
  absl::StatusOr<bool> CopyIfSymlinkFails(const std::string& from,
                                          const std::string& to) const override;
  absl::Status Remove(const std::string& path) const override;
  absl::Status RmTree(const std::string& path) const override;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_LOCAL_LOCAL_BACKEND_H_
