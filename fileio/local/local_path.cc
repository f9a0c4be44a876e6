#include "fileio/local/local_path.h"

#include <stdlib.h>

#include <cerrno>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "utils/errno_status.h"

namespace anneal {

absl::StatusOr<LocalPath> LocalPath::MakeTemporary(const std::string& name) {
  const char* parent = getenv("TMPDIR");
  std::string folder = absl::StrCat(
      parent == nullptr || *parent == '\0' ? "/tmp" : parent, "/anneal-XXXXXX");
  if (mkdtemp(folder.data()) == nullptr) {
    return ErrnoStatus(errno, Access::kWrite, "make the folder", folder);
  }
  // The end of the name is kept, which says the format.
  constexpr size_t kLongest = 128;
  std::string file = name.substr(name.rfind('/') + 1);
  if (file.size() > kLongest) file = file.substr(file.size() - kLongest);
  if (file.empty() || file == "." || file == "..") file = "file";
  return LocalPath(absl::StrCat(folder, "/", file), folder);
}

LocalPath::~LocalPath() {
  std::error_code ignored;
  if (!folder_.empty()) std::filesystem::remove_all(folder_, ignored);
}

}  // namespace anneal
