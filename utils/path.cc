#include "utils/path.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "utils/errno_status.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;

bool HasSuffix(std::string path, const ScanOptions& options) {
  if (options.suffixes.empty()) return true;
  if (!options.case_sensitive) absl::AsciiStrToLower(&path);
  return std::any_of(options.suffixes.begin(), options.suffixes.end(),
                     [&](const std::string& suffix) {
                       return absl::EndsWith(
                           path, options.case_sensitive
                                     ? suffix
                                     : absl::AsciiStrToLower(suffix));
                     });
}

// Appends the files of `root`/`relative`. `above`: the real paths of the
// folders on the way here.
absl::Status Scan(const std::string& root, const std::string& relative,
                  const ScanOptions& options, std::set<std::string>* above,
                  std::vector<std::string>* files) {
  const std::string folder =
      relative.empty() ? root : absl::StrCat(root, "/", relative);
  std::error_code error;
  const std::string real = fs::canonical(folder, error).string();
  if (!error && !above->insert(real).second) return absl::OkStatus();
  fs::directory_iterator entries;
  if (!error) entries = fs::directory_iterator(folder, error);
  if (error) return ErrnoStatus(error.value(), Access::kRead, "scan", folder);
  for (const fs::directory_entry& entry : entries) {
    const std::string name = entry.path().filename().string();
    const std::string path =
        relative.empty() ? name : absl::StrCat(relative, "/", name);
    // Links that lead nowhere are neither.
    std::error_code ignored;
    if (name[0] != '.' && entry.is_regular_file(ignored)) {
      if (HasSuffix(path, options)) files->push_back(path);
    } else if (options.recursive && entry.is_directory(ignored)) {
      RETURN_IF_ERROR(Scan(root, path, options, above, files));
    }
  }
  above->erase(real);
  return absl::OkStatus();
}

}  // namespace

absl::Status MkdirOrExist(const std::string& path) {
  if (path.empty()) return absl::OkStatus();
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error)
    return ErrnoStatus(error.value(), Access::kWrite, "make the folder", path);
  if (!std::filesystem::is_directory(path, error)) {
    return ErrnoStatus(ENOTDIR, Access::kWrite, "make the folder", path);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> AbsolutePath(const std::string& path) {
  if (path.empty()) {
    return absl::InvalidArgumentError("the path is empty; name a place");
  }
  std::error_code error;
  const auto absolute = std::filesystem::absolute(path, error);
  if (error) return ErrnoStatus(error.value(), Access::kRead, "resolve", path);
  std::string text = absolute.lexically_normal().string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

std::string ExpandUser(const std::string& path) {
  if (path.empty() || path[0] != '~') return path;
  const size_t end = std::min(path.find('/'), path.size());
  const std::string name = path.substr(1, end - 1);
  std::string home;
  const char* given = std::getenv("HOME");
  if (name.empty() && given != nullptr && *given != '\0') {
    home = given;
  } else {
    const struct passwd* user =
        name.empty() ? getpwuid(getuid()) : getpwnam(name.c_str());
    if (user == nullptr) return path;
    home = user->pw_dir;
  }
  while (!home.empty() && home.back() == '/') home.pop_back();
  const std::string expanded = home + path.substr(end);
  return expanded.empty() ? "/" : expanded;
}

bool IsAbs(absl::string_view path) {
  return absl::StartsWith(path, "/") || absl::StartsWith(path, "http://") ||
         absl::StartsWith(path, "https://") || absl::StartsWith(path, "s3://");
}

absl::Status CheckFileExist(const std::string& path) {
  std::error_code error;
  if (fs::is_regular_file(path, error)) return absl::OkStatus();
  return absl::NotFoundError(
      absl::StrCat("file \"", path, "\" does not exist; check the path"));
}

absl::Status Symlink(const std::string& from, const std::string& to,
                     bool overwrite) {
  if (!overwrite) {
    if (symlink(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
    return ErrnoStatus(errno, Access::kWrite, "make the link", to);
  }
  // Aside and renamed, so that there is always one.
  const std::string aside = absl::StrCat(to, ".", getpid(), ".link");
  std::remove(aside.c_str());
  if (symlink(from.c_str(), aside.c_str()) != 0) {
    return ErrnoStatus(errno, Access::kWrite, "make the link", to);
  }
  if (std::rename(aside.c_str(), to.c_str()) == 0) return absl::OkStatus();
  const int error = errno;
  std::remove(aside.c_str());
  if (error == EISDIR || error == ENOTEMPTY || error == EEXIST) {
    return absl::AlreadyExistsError(absl::StrCat(
        "can't make the link ", to, ": a folder is there; remove it first"));
  }
  return ErrnoStatus(error, Access::kWrite, "make the link", to);
}

absl::StatusOr<std::vector<std::string>> ScanDir(const std::string& folder,
                                                 const ScanOptions& options) {
  std::vector<std::string> files;
  std::set<std::string> above;
  RETURN_IF_ERROR(Scan(folder, "", options, &above, &files));
  std::sort(files.begin(), files.end());
  return files;
}

absl::optional<std::string> FindVcsRoot(
    const std::string& path, const std::vector<std::string>& markers) {
  std::error_code error;
  fs::path folder = fs::absolute(ExpandUser(path), error).lexically_normal();
  if (fs::is_regular_file(folder, error)) folder = folder.parent_path();
  while (true) {
    for (const std::string& marker : markers) {
      if (!fs::exists(folder / marker, error)) continue;
      std::string root = folder.string();
      if (root.size() > 1 && root.back() == '/') root.pop_back();
      return root;
    }
    if (folder == folder.parent_path()) return absl::nullopt;
    folder = folder.parent_path();
  }
}

}  // namespace anneal
