#include "hub/download.h"

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <regex>
#include <system_error>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "fileio/file_client.h"
#include "fileio/http/digest.h"
#include "fileio/local/atomic_file.h"
#include "fileio/uri.h"
#include "logging/log.h"
#include "utils/cache_folder.h"
#include "utils/file_lock.h"
#include "utils/path.h"
#include "utils/status_macros.h"

namespace anneal::hub {
namespace {

constexpr size_t kPiece = 1 << 20;

bool IsOffline(const DownloadOptions& options) {
  if (options.offline.has_value()) return *options.offline;
  const char* offline = std::getenv("ANNEAL_OFFLINE");
  return offline != nullptr && *offline != '\0' &&
         absl::string_view(offline) != "0";
}

// What stands after the last slash of the URL's path.
absl::StatusOr<std::string> NameOf(const std::string& url) {
  const std::string path = url.substr(0, url.find_first_of("?#"));
  const size_t begin = path.find("://");
  const size_t slash = path.rfind('/');
  const std::string name = path.substr(slash + 1);
  if (slash == path.npos || (begin != path.npos && slash < begin + 3) ||
      name.empty() || name == "." || name == "..") {
    return absl::InvalidArgumentError(absl::StrCat(
        "the URL ", RedactUri(url), " ends in no file's name to download"));
  }
  return name;
}

std::string FolderOf(const std::string& url, const std::string& name) {
  if (!HashInName(name).empty()) {
    return absl::StrCat(TorchHubFolder(), "/checkpoints");
  }
  // Files of other URLs may have the same name.
  const std::string hash =
      absl::BytesToHexString(DigestOf(DigestKind::kSha256, url));
  return absl::StrCat(AnnealHome(), "/downloads/", hash.substr(0, 16));
}

bool IsThere(const std::string& path) {
  std::error_code error;
  return std::filesystem::is_regular_file(path, error);
}

// Copies the URL's bytes into `file` and returns their SHA-256.
absl::StatusOr<std::string> Receive(const std::string& url,
                                    const DownloadOptions& options,
                                    AtomicFile* file) {
  ASSIGN_OR_RETURN(const std::unique_ptr<InputStream> input,
                   fileio::OpenInput(url, options.backend_args));
  const absl::optional<int64_t> size = input->size();
  TrackOptions track;
  track.show = options.progress;
  TrackedBar bar(size.has_value() ? (*size + kPiece - 1) / kPiece : 0, track);
  const std::unique_ptr<Digest> hash = Digest::Create(DigestKind::kSha256);
  std::vector<char> buffer(kPiece);
  int64_t in_bar = 0;
  while (true) {
    ASSIGN_OR_RETURN(const size_t count,
                     input->Read(buffer.data(), buffer.size()));
    if (count == 0) break;
    const absl::string_view bytes(buffer.data(), count);
    hash->Update(bytes);
    RETURN_IF_ERROR(file->Append(bytes));
    for (; in_bar * kPiece < file->size(); ++in_bar) bar.Advance();
  }
  if (size.has_value() && *size != file->size()) {
    return absl::DataLossError(absl::StrCat(RedactUri(url), ": ", file->size(),
                                            " bytes came, its server "
                                            "said ",
                                            *size, "; try again"));
  }
  return absl::BytesToHexString(hash->Finish());
}

absl::Status DownloadTo(const std::string& path, const std::string& url,
                        const std::string& hash,
                        const DownloadOptions& options) {
  ANNEAL_LOG(INFO) << "Downloading " << RedactUri(url) << " to " << path;
  ASSIGN_OR_RETURN(const std::unique_ptr<AtomicFile> file,
                   AtomicFile::Create(path));
  ASSIGN_OR_RETURN(const std::string found, Receive(url, options, file.get()));
  if (!absl::StartsWith(found, hash)) {
    return absl::DataLossError(absl::StrCat(
        RedactUri(url), ": by its name its SHA-256 begins with ", hash,
        ", but it is ", found,
        "; it is not kept. The server's file is damaged or another one: find "
        "the right URL"));
  }
  return file->Commit();
}

}  // namespace

absl::StatusOr<std::string> Download(const std::string& url,
                                     const DownloadOptions& options) {
  std::string name = options.file_name;
  if (name.empty()) {
    ASSIGN_OR_RETURN(name, NameOf(url));
  }
  const std::string folder =
      options.folder.empty() ? FolderOf(url, name) : options.folder;
  const std::string path = absl::StrCat(folder, "/", name);
  if (IsThere(path)) {
    ANNEAL_LOG(INFO) << "Using the copy of " << RedactUri(url) << " kept at "
                     << path << "; delete it to download again";
    return path;
  }
  if (IsOffline(options)) {
    return absl::FailedPreconditionError(
        absl::StrCat(RedactUri(url),
                     " is not kept and downloads are off (ANNEAL_OFFLINE or "
                     "an option); turn them on, or put the file at ",
                     path));
  }
  RETURN_IF_ERROR(MkdirOrExist(folder));
  ASSIGN_OR_RETURN(
      const std::unique_ptr<FileLock> lock,
      FileLock::Acquire(absl::StrCat(folder, "/.", name, ".lock")));
  // While this process waited another may have made it.
  if (IsThere(path)) return path;
  RETURN_IF_ERROR(DownloadTo(
      path, url, options.check_hash ? HashInName(name) : "", options));
  return path;
}

std::string HashInName(const std::string& file_name) {
  static const auto* hash = new std::regex("-([a-f0-9]{8,64})\\.");
  static const auto* date =
      new std::regex("20[1-9][0-9](0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])");
  std::smatch match;
  constexpr size_t kMaxName = 255;
  if (file_name.size() > kMaxName ||
      !std::regex_search(file_name, match, *hash) ||
      std::regex_match(match[1].str(), *date)) {
    return "";
  }
  return match[1].str();
}

}  // namespace anneal::hub
