#include "fileio/file_client.h"

#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "fileio/local_backend.h"
#include "utils/status_macros.h"

namespace anneal::fileio {
namespace {

using Backends = std::map<std::string, std::unique_ptr<const FileBackend>>;

Backends& ByPrefix() {
  static Backends* backends = [] {
    auto* made = new Backends;
    (*made)["file"] = std::make_unique<LocalBackend>();
    return made;
  }();
  return *backends;
}

}  // namespace

absl::Status RegisterFileBackend(const std::string& prefix,
                                 std::unique_ptr<const FileBackend> backend) {
  if (ByPrefix().emplace(prefix, std::move(backend)).second) {
    return absl::OkStatus();
  }
  return absl::AlreadyExistsError(
      absl::StrCat("a file backend for ", prefix, ":// is registered already"));
}

absl::StatusOr<const FileBackend*> GetFileBackend(absl::string_view uri) {
  const size_t end = uri.find("://");
  const std::string prefix(end == uri.npos ? "file" : uri.substr(0, end));
  auto it = ByPrefix().find(prefix);
  if (it != ByPrefix().end()) return it->second.get();
  return absl::NotFoundError(absl::StrCat(
      uri, ": no backend for ", prefix, ":// is linked; there are: ",
      absl::StrJoin(ByPrefix(), ", ", [](std::string* out, const auto& item) {
        absl::StrAppend(out, item.first, "://");
      })));
}

absl::StatusOr<std::string> Get(const std::string& path) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path));
  return backend->Get(path);
}
absl::StatusOr<std::string> GetText(const std::string& path) {
  return Get(path);
}
absl::Status Put(absl::string_view bytes, const std::string& path) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path));
  return backend->Put(bytes, path);
}
absl::Status PutText(absl::string_view text, const std::string& path) {
  return Put(text, path);
}
absl::StatusOr<bool> Exists(const std::string& path) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path));
  return backend->Exists(path);
}
absl::StatusOr<bool> IsDir(const std::string& path) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path));
  return backend->IsDir(path);
}
absl::StatusOr<bool> IsFile(const std::string& path) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path));
  return backend->IsFile(path);
}
absl::Status Remove(const std::string& path) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path));
  return backend->Remove(path);
}
absl::Status RmTree(const std::string& path) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path));
  return backend->RmTree(path);
}
absl::StatusOr<std::vector<std::string>> ListDirOrFile(
    const std::string& path, const ListOptions& options) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path));
  return backend->ListDirOrFile(path, options);
}
std::string JoinPath(absl::string_view path, absl::string_view file) {
  if (path.empty() || absl::StartsWith(file, "/")) return std::string(file);
  return absl::StrCat(path, absl::EndsWith(path, "/") ? "" : "/", file);
}

}  // namespace anneal::fileio
