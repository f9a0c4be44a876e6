// A file on this machine, for as long as it is needed.
#ifndef ANNEAL_FILEIO_LOCAL_LOCAL_PATH_H_
#define ANNEAL_FILEIO_LOCAL_LOCAL_PATH_H_

#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace anneal {

// What FileBackend::GetLocalPath gives: the path of a file that was there
// already, or of a copy that is deleted with the object.
class LocalPath {
 public:
  // A file that stays.
  static LocalPath Borrow(std::string path) {
    return LocalPath(std::move(path), "");
  }
  // A free path in a new folder under TMPDIR (/tmp), both deleted with the
  // object. The path ends as `name` does, what a URI has after its last slash
  // being its name.
  static absl::StatusOr<LocalPath> MakeTemporary(const std::string& name);

  LocalPath(LocalPath&& other) noexcept
      : path_(std::move(other.path_)),
        folder_(std::exchange(other.folder_, std::string())) {}
  LocalPath& operator=(LocalPath&&) = delete;
  ~LocalPath();

  const std::string& path() const { return path_; }

 private:
  LocalPath(std::string path, std::string folder)
      : path_(std::move(path)), folder_(std::move(folder)) {}

  std::string path_;
  std::string folder_;  // "" where the file stays
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_LOCAL_LOCAL_PATH_H_
