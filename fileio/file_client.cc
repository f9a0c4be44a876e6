#include "fileio/file_client.h"

#include "fileio/copy_stream.h"
#include "fileio/local/local_backend.h"
#include "utils/status_macros.h"

namespace anneal::fileio {

namespace {

absl::StatusOr<std::string> CopyBetween(const FileBackend& source,
                                        const std::string& from,
                                        const FileBackend& target,
                                        const std::string& to) {
  absl::StatusOr<bool> is_dir = target.IsDir(to);
  // A backend that can't tell folders has none.
  if (absl::IsUnimplemented(is_dir.status())) is_dir = false;
  RETURN_IF_ERROR(is_dir.status());
  std::string path =
      *is_dir ? target.JoinPath(to, from.substr(from.rfind('/') + 1)) : to;
  ASSIGN_OR_RETURN(const auto input, source.OpenInput(from));
  ASSIGN_OR_RETURN(const auto output, target.OpenOutput(path));
  RETURN_IF_ERROR(CopyStream(input.get(), output.get()));
  return path;
}

}  // namespace

absl::StatusOr<std::string> Get(const std::string& path,
                                const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  return backend->Get(path);
}
absl::StatusOr<std::string> GetText(const std::string& path,
                                    const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  return backend->GetText(path);
}
absl::Status Put(absl::string_view bytes, const std::string& path,
                 const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  return backend->Put(bytes, path);
}
absl::Status PutText(absl::string_view text, const std::string& path,
                     const BackendArgs& args) {
  return Put(text, path, args);
}
absl::StatusOr<std::unique_ptr<InputStream>> OpenInput(
    const std::string& path, const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  return backend->OpenInput(path);
}
absl::StatusOr<std::unique_ptr<OutputStream>> OpenOutput(
    const std::string& path, const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  return backend->OpenOutput(path);
}

absl::StatusOr<bool> Exists(const std::string& path, const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  return backend->Exists(path);
}
absl::StatusOr<bool> IsDir(const std::string& path, const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  return backend->IsDir(path);
}
absl::StatusOr<bool> IsFile(const std::string& path, const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  return backend->IsFile(path);
}
absl::StatusOr<std::vector<std::string>> ListDirOrFile(
    const std::string& path, const ListOptions& options,
    const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  return backend->ListDirOrFile(path, options);
}
absl::StatusOr<LocalPath> GetLocalPath(const std::string& path,
                                       const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  return backend->GetLocalPath(path);
}

absl::StatusOr<std::string> CopyFile(const std::string& from,
                                     const std::string& to,
                                     const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(from, args));
  if (!args.fields().empty()) return backend->CopyFile(from, to);
  ASSIGN_OR_RETURN(const FileBackend* target, GetFileBackend(to));
  if (target == backend) return backend->CopyFile(from, to);
  return CopyBetween(*backend, from, *target, to);
}
absl::StatusOr<std::string> CopyFileFromLocal(const std::string& from,
                                              const std::string& to,
                                              const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(to, args));
  return backend->CopyFileFromLocal(from, to);
}
absl::StatusOr<std::string> CopyFileToLocal(const std::string& from,
                                            const std::string& to,
                                            const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(from, args));
  return backend->CopyFileToLocal(from, to);
}
absl::StatusOr<std::string> CopyTree(const std::string& from,
                                     const std::string& to,
                                     const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(from, args));
  return backend->CopyTree(from, to);
}
absl::StatusOr<std::string> CopyTreeFromLocal(const std::string& from,
                                              const std::string& to,
                                              const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(to, args));
  return backend->CopyTreeFromLocal(from, to);
}
absl::StatusOr<std::string> CopyTreeToLocal(const std::string& from,
                                            const std::string& to,
                                            const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(from, args));
  return backend->CopyTreeToLocal(from, to);
}
absl::StatusOr<bool> CopyIfSymlinkFails(const std::string& from,
                                        const std::string& to,
                                        const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(from, args));
  return backend->CopyIfSymlinkFails(from, to);
}

absl::Status Remove(const std::string& path, const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  return backend->Remove(path);
}
absl::Status RmTree(const std::string& path, const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  return backend->RmTree(path);
}

absl::StatusOr<std::string> GeneratePresignedUrl(
    const std::string& url, const std::string& client_method,
    absl::Duration expires_in, const BackendArgs& args) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(url, args));
  return backend->GeneratePresignedUrl(url, client_method, expires_in);
}

std::string JoinPath(absl::string_view path, absl::string_view file,
                     const BackendArgs& args) {
  // A path that nobody serves yet is joined all the same; whoever opens it says
  // what is wrong with it.
  const auto backend = GetFileBackend(path, args);
  return backend.ok() ? (*backend)->JoinPath(path, file)
                      : LocalBackend().JoinPath(path, file);
}

}  // namespace anneal::fileio
