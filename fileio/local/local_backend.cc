#include "fileio/local/local_backend.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "fileio/copy_stream.h"
#include "fileio/local/local_stream.h"
#include "fileio/local/local_tree.h"
#include "fileio/uri.h"
#include "utils/errno_status.h"
#include "utils/path.h"
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

std::string Plain(absl::string_view path) { return Local(path).string(); }

// A file, or what a link leads to, with its rights, which the copy has before
// it has a byte: nobody else may read it on the way.
absl::Status CopyAside(const fs::path& from, const fs::path& to) {
  ASSIGN_OR_RETURN(auto input, OpenLocalInput(from.string()));
  std::error_code error;
  const fs::perms rights = fs::status(from, error).permissions();
  RETURN_IF_ERROR(FromError(error, Access::kRead, "read", from.string()));
  ASSIGN_OR_RETURN(auto output,
                   OpenLocalOutput(to.string(), static_cast<mode_t>(
                                                    rights & fs::perms::mask)));
  return CopyStream(input.get(), output.get());
}

}  // namespace

absl::StatusOr<std::string> LocalBackend::Get(const std::string& path) const {
  ASSIGN_OR_RETURN(auto input, OpenLocalInput(Plain(path)));
  return ReadAll(input.get());
}

absl::StatusOr<std::string> LocalBackend::GetText(
    const std::string& path) const {
  ASSIGN_OR_RETURN(std::string text, FileBackend::GetText(path));
  if (!absl::StrContains(text, '\r')) return text;
  return absl::StrReplaceAll(text, {{"\r\n", "\n"}, {"\r", "\n"}});
}

absl::Status LocalBackend::Put(absl::string_view bytes,
                               const std::string& path) const {
  ASSIGN_OR_RETURN(auto output, OpenLocalOutput(Plain(path)));
  RETURN_IF_ERROR(output->Append(bytes));
  return output->Close();
}

absl::StatusOr<std::unique_ptr<InputStream>> LocalBackend::OpenInput(
    const std::string& path) const {
  return OpenLocalInput(Plain(path));
}

absl::StatusOr<std::unique_ptr<OutputStream>> LocalBackend::OpenOutput(
    const std::string& path) const {
  return OpenLocalOutput(Plain(path));
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

absl::StatusOr<LocalPath> LocalBackend::GetLocalPath(
    const std::string& path) const {
  return LocalPath::Borrow(Plain(path));
}

absl::StatusOr<std::string> LocalBackend::CopyFile(
    const std::string& from, const std::string& to) const {
  fs::path target = Local(to);
  std::error_code error;
  if (fs::is_directory(target, error)) target /= Local(from).filename();
  if (fs::equivalent(Local(from), target, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("can't copy ", from, " to itself; name another file"));
  }
  RETURN_IF_ERROR(CopyAside(Local(from), target));
  return target.string();
}
absl::StatusOr<std::string> LocalBackend::CopyFileFromLocal(
    const std::string& from, const std::string& to) const {
  return CopyFile(from, to);
}
absl::StatusOr<std::string> LocalBackend::CopyFileToLocal(
    const std::string& from, const std::string& to) const {
  return CopyFile(from, to);
}

absl::StatusOr<std::string> LocalBackend::CopyTree(
    const std::string& from, const std::string& to) const {
  RETURN_IF_ERROR(CheckIsLocal(Plain(to)));
  ASSIGN_OR_RETURN(const bool is_there, Exists(to));
  if (is_there) {
    return ErrnoStatus(EEXIST, Access::kWrite, "copy a tree to", to);
  }
  // Listed before the copy is begun, which may be a part of it.
  ASSIGN_OR_RETURN(const std::vector<LocalTreeEntry> entries,
                   ListLocalTree(Plain(from)));
  RETURN_IF_ERROR(MkdirOrExist(Plain(to)));
  for (const LocalTreeEntry& entry : entries) {
    const fs::path target = Local(to) / entry.name;
    RETURN_IF_ERROR(entry.is_folder
                        ? MkdirOrExist(target.string())
                        : CopyAside(Local(from) / entry.name, target));
  }
  return Plain(to);
}
absl::StatusOr<std::string> LocalBackend::CopyTreeFromLocal(
    const std::string& from, const std::string& to) const {
  return CopyTree(from, to);
}
absl::StatusOr<std::string> LocalBackend::CopyTreeToLocal(
    const std::string& from, const std::string& to) const {
  return CopyTree(from, to);
}

absl::StatusOr<bool> LocalBackend::CopyIfSymlinkFails(
    const std::string& from, const std::string& to) const {
  RETURN_IF_ERROR(CheckIsLocal(Plain(to)));
  if (symlink(Plain(from).c_str(), Plain(to).c_str()) == 0) return true;
  return FileBackend::CopyIfSymlinkFails(from, to);
}

absl::Status LocalBackend::Remove(const std::string& path) const {
  if (unlink(Local(path).c_str()) == 0) return absl::OkStatus();
  return ErrnoStatus(errno, Access::kWrite, "remove", path);
}

absl::Status LocalBackend::RmTree(const std::string& path) const {
  std::error_code error;
  const fs::file_type type = fs::symlink_status(Local(path), error).type();
  if (type == fs::file_type::not_found) {
    return ErrnoStatus(ENOENT, Access::kWrite, "remove", path);
  }
  if (!error && type != fs::file_type::directory) {
    return absl::InvalidArgumentError(absl::StrCat(
        "can't remove the tree ", path, ": it is no folder; use Remove"));
  }
  if (!error) fs::remove_all(Local(path), error);
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
