// Files of this machine.
#ifndef ANNEAL_FILEIO_LOCAL_BACKEND_H_
#define ANNEAL_FILEIO_LOCAL_BACKEND_H_

#include <string>
#include <vector>

#include "fileio/file_backend.h"

namespace anneal {

// The local file system; a prefix "file://" is dropped.
class LocalBackend : public FileBackend {
 public:
  std::string name() const override { return "LocalBackend"; }
  absl::StatusOr<std::string> Get(const std::string& path) const override;
  absl::Status Put(absl::string_view bytes,
                   const std::string& path) const override;
  absl::StatusOr<bool> Exists(const std::string& path) const override;
  absl::StatusOr<bool> IsDir(const std::string& path) const override;
  absl::StatusOr<bool> IsFile(const std::string& path) const override;
  absl::Status CopyFile(const std::string& from,
                        const std::string& to) const override;
  absl::Status CopyTree(const std::string& from,
                        const std::string& to) const override;
  absl::Status Remove(const std::string& path) const override;
  absl::Status RmTree(const std::string& path) const override;
  absl::StatusOr<std::vector<std::string>> ListDirOrFile(
      const std::string& path, const ListOptions& options) const override;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_LOCAL_BACKEND_H_
