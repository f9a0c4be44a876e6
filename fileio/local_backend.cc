#include "fileio/local_backend.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/atomic_file.h"
#include "utils/errno_status.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;

fs::path Local(absl::string_view path) {
  absl::ConsumePrefix(&path, "file://");
  return fs::path(std::string(path));
}

absl::Status FromError(const std::error_code& error, Access access,
                       const std::string& what, const std::string& path) {
  return error ? ErrnoStatus(error.value(), access, what, path)
               : absl::OkStatus();
}

// not_found where there is nothing; links are followed.
absl::StatusOr<fs::file_type> TypeOf(const std::string& path) {
  std::error_code error;
  const fs::file_type type = fs::status(Local(path), error).type();
  if (type == fs::file_type::not_found) return type;
  RETURN_IF_ERROR(FromError(error, Access::kRead, "look at", path));
  return type;
}

// Adds what `folder` holds, as paths relative to `root`. A folder behind a link
// is listed, what it holds is not.
void List(const fs::path& root, const fs::path& folder,
          const ListOptions& options, std::vector<std::string>* names,
          std::error_code* error) {
  for (fs::directory_iterator it(folder, *error), end; !*error && it != end;
       it.increment(*error)) {
    const fs::path& path = it->path();
    if (absl::StartsWith(path.filename().string(), ".")) continue;
    // A broken link is listed as a file.
    std::error_code ignored;
    const bool is_dir = it->is_directory(ignored);
    const std::string name = path.lexically_relative(root).string();
    if ((is_dir ? options.list_dir : options.list_file) &&
        absl::EndsWith(name, options.suffix)) {
      names->push_back(name);
    }
    if (is_dir && options.recursive && !it->is_symlink(ignored)) {
      List(root, path, options, names, error);
    }
  }
}

}  // namespace

absl::StatusOr<std::string> LocalBackend::Get(const std::string& path) const {
  const int fd = open(Local(path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(errno, Access::kRead, "read", path);
  const std::unique_ptr<const int, void (*)(const int*)> closer(
      &fd, [](const int* open_fd) { close(*open_fd); });
  std::string bytes;
  constexpr size_t kChunk = 1 << 20;
  while (true) {
    const size_t before = bytes.size();
    bytes.resize(before + kChunk);
    const ssize_t got = read(fd, &bytes[before], kChunk);
    bytes.resize(before + std::max<ssize_t>(got, 0));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return ErrnoStatus(errno, Access::kRead, "read", path);
    if (got == 0) return bytes;
  }
}

absl::Status LocalBackend::Put(absl::string_view bytes,
                               const std::string& path) const {
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(Local(path).string()));
  RETURN_IF_ERROR(file->Append(bytes));
  return file->Commit();
}

absl::StatusOr<bool> LocalBackend::Exists(const std::string& path) const {
  ASSIGN_OR_RETURN(const fs::file_type type, TypeOf(path));
  return type != fs::file_type::not_found;
}

absl::StatusOr<bool> LocalBackend::IsDir(const std::string& path) const {
  ASSIGN_OR_RETURN(const fs::file_type type, TypeOf(path));
  return type == fs::file_type::directory;
}

absl::StatusOr<bool> LocalBackend::IsFile(const std::string& path) const {
  ASSIGN_OR_RETURN(const fs::file_type type, TypeOf(path));
  return type == fs::file_type::regular;
}

absl::Status LocalBackend::CopyFile(const std::string& from,
                                    const std::string& to) const {
  std::error_code error;
  fs::copy_file(Local(from), Local(to), fs::copy_options::overwrite_existing,
                error);
  return FromError(error, Access::kWrite, "copy",
                   absl::StrCat(from, " to ", to));
}

absl::Status LocalBackend::CopyTree(const std::string& from,
                                    const std::string& to) const {
  ASSIGN_OR_RETURN(const bool is_there, Exists(to));
  if (is_there)
    return ErrnoStatus(EEXIST, Access::kWrite, "copy a tree to", to);
  std::error_code error;
  fs::copy(Local(from), Local(to), fs::copy_options::recursive, error);
  return FromError(error, Access::kWrite, "copy",
                   absl::StrCat(from, " to ", to));
}

absl::Status LocalBackend::Remove(const std::string& path) const {
  if (unlink(Local(path).c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, Access::kWrite, "remove", path);
}

absl::Status LocalBackend::RmTree(const std::string& path) const {
  std::error_code error;
  if (fs::remove_all(Local(path), error) == 0 && !error) {
    return ErrnoStatus(ENOENT, Access::kWrite, "remove", path);
  }
  return FromError(error, Access::kWrite, "remove", path);
}

absl::StatusOr<std::vector<std::string>> LocalBackend::ListDirOrFile(
    const std::string& path, const ListOptions& options) const {
  std::vector<std::string> names;
  std::error_code error;
  const fs::path root = Local(path);
  List(root, root, options, &names, &error);
  RETURN_IF_ERROR(FromError(error, Access::kRead, "list", path));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace anneal
