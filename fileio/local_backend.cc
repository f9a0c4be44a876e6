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
#include "utils/path.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;

fs::path Local(absl::string_view path) {
  absl::ConsumePrefix(&path, "file://");
  return fs::path(std::string(path));
}

absl::Status FromError(const std::error_code& error, const std::string& what,
                       const std::string& path) {
  return error ? ErrnoStatus(error.value(), what, path) : absl::OkStatus();
}

// Adds what `folder` holds, as paths relative to `root`.
void List(const fs::path& root, const fs::path& folder,
          const ListOptions& options, std::vector<std::string>* names,
          std::error_code* error) {
  for (const auto& entry : fs::directory_iterator(folder, *error)) {
    if (absl::StartsWith(entry.path().filename().string(), ".")) continue;
    const bool is_dir = entry.is_directory();
    const std::string name = entry.path().lexically_relative(root).string();
    if ((is_dir ? options.list_dir : options.list_file) &&
        absl::EndsWith(name, options.suffix)) {
      names->push_back(name);
    }
    if (is_dir && options.recursive) {
      List(root, entry.path(), options, names, error);
    }
  }
}

}  // namespace

absl::StatusOr<std::string> LocalBackend::Get(const std::string& path) const {
  const int fd = open(Local(path).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return ErrnoStatus(errno, "read", path);
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
    if (got < 0) return ErrnoStatus(errno, "read", path);
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
  std::error_code error;
  return fs::exists(Local(path), error);
}

absl::StatusOr<bool> LocalBackend::IsDir(const std::string& path) const {
  std::error_code error;
  return fs::is_directory(Local(path), error);
}

absl::StatusOr<bool> LocalBackend::IsFile(const std::string& path) const {
  std::error_code error;
  return fs::is_regular_file(Local(path), error);
}

absl::Status LocalBackend::CopyFile(const std::string& from,
                                    const std::string& to) const {
  std::error_code error;
  fs::copy_file(Local(from), Local(to), fs::copy_options::overwrite_existing,
                error);
  return FromError(error, "copy", absl::StrCat(from, " to ", to));
}

absl::Status LocalBackend::CopyTree(const std::string& from,
                                    const std::string& to) const {
  if (fs::exists(Local(to))) return ErrnoStatus(EEXIST, "copy a tree to", to);
  std::error_code error;
  fs::copy(Local(from), Local(to), fs::copy_options::recursive, error);
  return FromError(error, "copy", absl::StrCat(from, " to ", to));
}

absl::Status LocalBackend::Remove(const std::string& path) const {
  if (unlink(Local(path).c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, "remove", path);
}

absl::Status LocalBackend::RmTree(const std::string& path) const {
  std::error_code error;
  if (fs::remove_all(Local(path), error) == 0 && !error) {
    return ErrnoStatus(ENOENT, "remove", path);
  }
  return FromError(error, "remove", path);
}

absl::StatusOr<std::vector<std::string>> LocalBackend::ListDirOrFile(
    const std::string& path, const ListOptions& options) const {
  std::vector<std::string> names;
  std::error_code error;
  List(Local(path), Local(path), options, &names, &error);
  RETURN_IF_ERROR(FromError(error, "list", path));
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace anneal
