#include "fileio/file_backend.h"

#include "absl/strings/str_cat.h"

namespace anneal {

absl::Status FileBackend::Lacks(absl::string_view operation) const {
  return absl::UnimplementedError(absl::StrCat(name(), " has no ", operation));
}

absl::Status FileBackend::Put(absl::string_view, const std::string&) const {
  return Lacks("Put");
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
absl::Status FileBackend::CopyFile(const std::string&,
                                   const std::string&) const {
  return Lacks("CopyFile");
}
absl::Status FileBackend::CopyTree(const std::string&,
                                   const std::string&) const {
  return Lacks("CopyTree");
}
absl::Status FileBackend::Remove(const std::string&) const {
  return Lacks("Remove");
}
absl::Status FileBackend::RmTree(const std::string&) const {
  return Lacks("RmTree");
}
absl::StatusOr<std::vector<std::string>> FileBackend::ListDirOrFile(
    const std::string&, const ListOptions&) const {
  return Lacks("ListDirOrFile");
}

}  // namespace anneal
