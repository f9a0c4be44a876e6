#include "fileio/local/local_tree.h"

#include <filesystem>

#include "absl/status/status.h"
#include "utils/errno_status.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;

absl::Status CantLook(const std::error_code& error, const fs::path& path) {
  if (!error) return absl::OkStatus();
  return ErrnoStatus(error.value(), Access::kRead, "list", path.string());
}

}  // namespace

absl::StatusOr<std::vector<LocalTreeEntry>> ListLocalTree(
    const std::string& folder) {
  std::vector<LocalTreeEntry> entries;
  std::error_code error;
  constexpr auto kThroughLinks =
      fs::directory_options::follow_directory_symlink;
  for (fs::recursive_directory_iterator it(folder, kThroughLinks, error), end;
       !error && it != end; it.increment(error)) {
    // Not it->is_directory(): that calls a broken link a file.
    const fs::file_status status = fs::status(it->path(), error);
    if (status.type() == fs::file_type::not_found) {
      error = std::make_error_code(std::errc::no_such_file_or_directory);
    }
    RETURN_IF_ERROR(CantLook(error, it->path()));
    entries.push_back({it->path().lexically_relative(folder).string(),
                       status.type() == fs::file_type::directory});
  }
  RETURN_IF_ERROR(CantLook(error, folder));
  return entries;
}

}  // namespace anneal
