#include "fileio/file_backend.h"

#include <filesystem>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "fileio/copy_stream.h"
#include "fileio/local/local_stream.h"
#include "fileio/local/local_tree.h"
#include "fileio/uri.h"
#include "fileio/utf8.h"
#include "utils/errno_status.h"
#include "utils/path.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;

std::string Join(absl::string_view path, absl::string_view file) {
  if (path.empty() || absl::StartsWith(file, "/")) return std::string(file);
  return absl::StrCat(path, absl::EndsWith(path, "/") ? "" : "/", file);
}

std::string BaseName(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

// Keeps the bytes until the file is whole.
class BufferedOutput : public OutputStream {
 public:
  BufferedOutput(const FileBackend* backend, std::string path)
      : backend_(backend), path_(std::move(path)) {}

  absl::Status Append(absl::string_view bytes) override {
    bytes_.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  absl::Status Close() override { return backend_->Put(bytes_, path_); }

 private:
  const FileBackend* const backend_;
  const std::string path_;
  std::string bytes_;
};

// A backend that can't tell folders has none.
absl::StatusOr<bool> IsKnownDir(const FileBackend& backend,
                                const std::string& path) {
  absl::StatusOr<bool> is_dir = backend.IsDir(path);
  if (absl::IsUnimplemented(is_dir.status())) return false;
  return is_dir;
}

std::string IntoLocalFolder(const std::string& from, const std::string& to) {
  std::error_code ignored;
  return fs::is_directory(to, ignored) ? Join(to, BaseName(from)) : to;
}

// Whether `name`, put below a folder, is a file below that folder.
bool StaysBelow(const std::string& name) {
  for (absl::string_view part : absl::StrSplit(name, '/')) {
    if (part.empty() || part == "." || part == "..") return false;
  }
  return !absl::StrContains(name, '\0');
}

// Names that a store made up, or who may write to it, must not lead a copy out
// of its folder.
absl::StatusOr<std::vector<std::string>> FilesBelow(const FileBackend& backend,
                                                    const std::string& path) {
  ListOptions options;
  options.list_dir = false;
  options.recursive = true;
  ASSIGN_OR_RETURN(std::vector<std::string> files,
                   backend.ListDirOrFile(path, options));
  for (const std::string& file : files) {
    if (StaysBelow(file)) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "can't copy the tree ", ShownPath(path), ": it lists the file \"",
        absl::CHexEscape(file),
        "\", which names no place below a folder; nothing was copied: copy the "
        "files one by one"));
  }
  return files;
}

}  // namespace

absl::Status FileBackend::Lacks(absl::string_view operation) const {
  return absl::UnimplementedError(absl::StrCat(name(), " has no ", operation));
}

absl::StatusOr<std::string> FileBackend::GetText(
    const std::string& path) const {
  ASSIGN_OR_RETURN(std::string text, Get(path));
  if (IsUtf8(text)) return text;
  return absl::InvalidArgumentError(
      absl::StrCat(ShownPath(path),
                   ": its bytes are no UTF-8 text; convert the file "
                   "(iconv -t UTF-8) or Get it as bytes"));
}
absl::Status FileBackend::Put(absl::string_view, const std::string&) const {
  return Lacks("Put");
}

absl::StatusOr<std::unique_ptr<InputStream>> FileBackend::OpenInput(
    const std::string& path) const {
  ASSIGN_OR_RETURN(std::string bytes, Get(path));
  return InputFromBytes(std::move(bytes));
}
absl::StatusOr<std::unique_ptr<OutputStream>> FileBackend::OpenOutput(
    const std::string& path) const {
  return std::make_unique<BufferedOutput>(this, path);
}

absl::StatusOr<bool> FileBackend::Exists(const std::string&) const {
  return Lacks("Exists");
}
absl::StatusOr<bool> FileBackend::IsDir(const std::string&) const {
  return Lacks("IsDir");
}
absl::StatusOr<bool> FileBackend::IsFile(const std::string&) const {
  return Lacks("IsFile");
}
std::string FileBackend::JoinPath(absl::string_view path,
                                  absl::string_view file) const {
  return Join(path, file);
}
absl::StatusOr<std::vector<std::string>> FileBackend::ListDirOrFile(
    const std::string&, const ListOptions&) const {
  return Lacks("ListDirOrFile");
}

absl::StatusOr<LocalPath> FileBackend::GetLocalPath(
    const std::string& path) const {
  ASSIGN_OR_RETURN(LocalPath local, LocalPath::MakeTemporary(path));
  RETURN_IF_ERROR(CopyFileToLocal(path, local.path()).status());
  return local;
}

absl::StatusOr<std::string> FileBackend::CopyFile(const std::string& from,
                                                  const std::string& to) const {
  ASSIGN_OR_RETURN(const bool is_dir, IsKnownDir(*this, to));
  std::string target = is_dir ? JoinPath(to, BaseName(from)) : to;
  if (target == from) {
    return absl::InvalidArgumentError(absl::StrCat(
        "can't copy ", ShownPath(from), " to itself; name another file"));
  }
  ASSIGN_OR_RETURN(auto input, OpenInput(from));
  ASSIGN_OR_RETURN(auto output, OpenOutput(target));
  RETURN_IF_ERROR(CopyStream(input.get(), output.get()));
  return target;
}
absl::StatusOr<std::string> FileBackend::CopyFileFromLocal(
    const std::string& from, const std::string& to) const {
  ASSIGN_OR_RETURN(const bool is_dir, IsKnownDir(*this, to));
  std::string target = is_dir ? JoinPath(to, BaseName(from)) : to;
  ASSIGN_OR_RETURN(auto input, OpenLocalInput(from));
  ASSIGN_OR_RETURN(auto output, OpenOutput(target));
  RETURN_IF_ERROR(CopyStream(input.get(), output.get()));
  return target;
}
absl::StatusOr<std::string> FileBackend::CopyFileToLocal(
    const std::string& from, const std::string& to) const {
  std::string target = IntoLocalFolder(from, to);
  ASSIGN_OR_RETURN(auto input, OpenInput(from));
  ASSIGN_OR_RETURN(auto output, OpenLocalOutput(target));
  RETURN_IF_ERROR(CopyStream(input.get(), output.get()));
  return target;
}

absl::StatusOr<std::string> FileBackend::CopyTree(const std::string& from,
                                                  const std::string& to) const {
  ASSIGN_OR_RETURN(const bool is_there, Exists(to));
  if (is_there) {
    return ErrnoStatus(EEXIST, Access::kWrite, "copy a tree to", ShownPath(to));
  }
  ASSIGN_OR_RETURN(const auto files, FilesBelow(*this, from));
  for (const std::string& file : files) {
    RETURN_IF_ERROR(
        CopyFile(JoinPath(from, file), JoinPath(to, file)).status());
  }
  return to;
}
absl::StatusOr<std::string> FileBackend::CopyTreeFromLocal(
    const std::string& from, const std::string& to) const {
  ASSIGN_OR_RETURN(const bool is_there, Exists(to));
  if (is_there) {
    return ErrnoStatus(EEXIST, Access::kWrite, "copy a tree to", ShownPath(to));
  }
  ASSIGN_OR_RETURN(const std::vector<LocalTreeEntry> entries,
                   ListLocalTree(from));
  for (const LocalTreeEntry& entry : entries) {
    if (entry.is_folder) continue;
    RETURN_IF_ERROR(
        CopyFileFromLocal(Join(from, entry.name), JoinPath(to, entry.name))
            .status());
  }
  return to;
}
absl::StatusOr<std::string> FileBackend::CopyTreeToLocal(
    const std::string& from, const std::string& to) const {
  std::error_code error;
  if (fs::exists(fs::symlink_status(to, error))) {
    return ErrnoStatus(EEXIST, Access::kWrite, "copy a tree to", ShownPath(to));
  }
  ASSIGN_OR_RETURN(const auto files, FilesBelow(*this, from));
  RETURN_IF_ERROR(MkdirOrExist(to));
  for (const std::string& file : files) {
    RETURN_IF_ERROR(
        CopyFileToLocal(JoinPath(from, file), Join(to, file)).status());
  }
  return to;
}
absl::StatusOr<bool> FileBackend::CopyIfSymlinkFails(
    const std::string& from, const std::string& to) const {
  ASSIGN_OR_RETURN(const bool is_file, IsFile(from));
  RETURN_IF_ERROR((is_file ? CopyFile(from, to) : CopyTree(from, to)).status());
  return false;
}

absl::Status FileBackend::Remove(const std::string&) const {
  return Lacks("Remove");
}
absl::Status FileBackend::RmTree(const std::string&) const {
  return Lacks("RmTree");
}

absl::StatusOr<std::string> FileBackend::GeneratePresignedUrl(
    const std::string&, const std::string&, absl::Duration) const {
  return Lacks("GeneratePresignedUrl");
}

}  // namespace anneal
