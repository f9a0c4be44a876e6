#include "fileio/s3/s3_backend.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/copy_stream.h"
#include "fileio/s3/multipart_upload.h"
#include "fileio/s3/parallel_for.h"
#include "fileio/s3/s3_output.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr size_t kDeletedAtOnce = 1000;

absl::Status Missing(const S3Path& path, absl::string_view what) {
  return absl::NotFoundError(absl::StrCat(
      path.ToString(), ": there is no such ", what, "; check the path"));
}

// Calls `take` with each page of what begins with the key.
absl::Status ForEachPage(const S3Client& client, const S3Path& prefix,
                         const std::string& delimiter,
                         const std::function<void(S3Listing)>& take) {
  std::string token;
  do {
    ASSIGN_OR_RETURN(S3Listing page, client.List(prefix, delimiter, token));
    std::string next = page.next_token;
    if (!token.empty() && next == token) {
      return absl::DataLossError(absl::StrCat(
          prefix.ToString(), ": the server lists the same page again"));
    }
    token = std::move(next);
    take(std::move(page));
  } while (!token.empty());
  return absl::OkStatus();
}

// The objects below a folder, its own marker ("a/") left out.
absl::StatusOr<std::vector<S3Object>> ObjectsBelow(const S3Client& client,
                                                   const S3Path& folder) {
  S3Path prefix = folder;
  prefix.key = folder.FolderKey();
  std::vector<S3Object> objects;
  RETURN_IF_ERROR(ForEachPage(client, prefix, "", [&](S3Listing page) {
    std::move(page.objects.begin(), page.objects.end(),
              std::back_inserter(objects));
  }));
  return objects;
}

// Takes names relative to a folder; those that end in "/" are folders.
class NameCollector {
 public:
  explicit NameCollector(const ListOptions& options) : options_(options) {}

  // And the folders that it is in.
  void Take(absl::string_view name) {
    while (true) {
      const bool is_dir = absl::ConsumeSuffix(&name, "/");
      // A marker of the folder itself, or a name that has no path here ("//").
      if (name.empty()) return;
      Add(name, is_dir);
      const size_t slash = name.rfind('/');
      if (!options_.recursive || slash == name.npos) return;
      name = name.substr(0, slash + 1);
    }
  }

  std::vector<std::string> names() const {
    return std::vector<std::string>(names_.begin(), names_.end());
  }

 private:
  void Add(absl::string_view name, bool is_dir) {
    if ((is_dir ? options_.list_dir : options_.list_file) &&
        absl::EndsWith(name, options_.suffix)) {
      names_.emplace(name);
    }
  }

  const ListOptions& options_;
  std::set<std::string> names_;
};

}  // namespace

absl::StatusOr<const S3Client*> S3Backend::ClientOf(
    const std::string& cluster) const {
  absl::MutexLock lock(&mutex_);
  std::unique_ptr<const S3Client>& client = clients_[cluster];
  if (client == nullptr) {
    ASSIGN_OR_RETURN(const S3Options options, server_of_(cluster));
    client = std::make_unique<S3Client>(options);
  }
  return client.get();
}

absl::StatusOr<S3Backend::Place> S3Backend::Find(
    const std::string& path) const {
  ASSIGN_OR_RETURN(S3Path parsed,
                   S3Path::Parse(map_path_ ? map_path_(path) : path));
  ASSIGN_OR_RETURN(const S3Client* client, ClientOf(parsed.cluster));
  return Place{client, std::move(parsed)};
}

absl::StatusOr<S3Backend::Place> S3Backend::FindFile(
    const std::string& path) const {
  ASSIGN_OR_RETURN(Place place, Find(path));
  if (!place.path.key.empty()) return place;
  return absl::InvalidArgumentError(absl::StrCat(
      place.path.ToString(), ": a bucket, not a file; name a file in it"));
}

absl::StatusOr<std::string> S3Backend::Get(const std::string& path) const {
  ASSIGN_OR_RETURN(const Place place, FindFile(path));
  return place.client->Get(place.path);
}

absl::Status S3Backend::Put(absl::string_view bytes,
                            const std::string& path) const {
  ASSIGN_OR_RETURN(const Place place, FindFile(path));
  return PutObject(*place.client, bytes, place.path);
}

absl::StatusOr<std::unique_ptr<InputStream>> S3Backend::OpenInput(
    const std::string& path) const {
  ASSIGN_OR_RETURN(const Place place, FindFile(path));
  return place.client->OpenInput(place.path);
}

absl::StatusOr<std::unique_ptr<OutputStream>> S3Backend::OpenOutput(
    const std::string& path) const {
  ASSIGN_OR_RETURN(const Place place, FindFile(path));
  return OpenS3Output(place.client, place.path);
}

absl::StatusOr<bool> S3Backend::Exists(const std::string& path) const {
  ASSIGN_OR_RETURN(const bool is_file, IsFile(path));
  return is_file ? absl::StatusOr<bool>(true) : IsDir(path);
}

absl::StatusOr<bool> S3Backend::IsDir(const std::string& path) const {
  ASSIGN_OR_RETURN(Place place, Find(path));
  if (place.path.key.empty()) {
    return place.client->BucketExists(place.path.bucket);
  }
  place.path.key = place.path.FolderKey();
  const absl::StatusOr<S3Listing> page =
      place.client->List(place.path, "", "", /*max_keys=*/1);
  if (absl::IsNotFound(page.status())) return false;  // the bucket
  RETURN_IF_ERROR(page.status());
  return !page->objects.empty();
}

absl::StatusOr<bool> S3Backend::IsFile(const std::string& path) const {
  ASSIGN_OR_RETURN(const Place place, Find(path));
  if (place.path.key.empty() || absl::EndsWith(place.path.key, "/")) {
    return false;
  }
  ASSIGN_OR_RETURN(const auto object, place.client->Head(place.path));
  return object.has_value();
}

std::string S3Backend::JoinPath(absl::string_view path,
                                absl::string_view file) const {
  absl::ConsumeSuffix(&path, "/");
  while (absl::ConsumePrefix(&file, "/")) {
  }
  return absl::StrCat(path, "/", file);
}

absl::StatusOr<std::vector<std::string>> S3Backend::ListDirOrFile(
    const std::string& path, const ListOptions& options) const {
  ASSIGN_OR_RETURN(Place place, Find(path));
  place.path.key = place.path.FolderKey();
  const size_t root = place.path.key.size();
  NameCollector names(options);
  bool is_there = place.path.key.empty();
  RETURN_IF_ERROR(
      ForEachPage(*place.client, place.path, options.recursive ? "" : "/",
                  [&](const S3Listing& page) {
                    is_there = is_there || !page.objects.empty() ||
                               !page.common_prefixes.empty();
                    for (const S3Object& object : page.objects) {
                      names.Take(absl::string_view(object.key).substr(root));
                    }
                    for (const std::string& prefix : page.common_prefixes) {
                      names.Take(absl::string_view(prefix).substr(root));
                    }
                  }));
  if (!is_there) return Missing(place.path, "folder");
  return names.names();
}

absl::Status S3Backend::Copy(const Place& from, const S3Object& object,
                             const Place& to) const {
  if (from.client == to.client) {
    return CopyObject(*from.client, from.path, object, to.path);
  }
  ASSIGN_OR_RETURN(const auto input, from.client->OpenInput(from.path));
  const auto output = OpenS3Output(to.client, to.path);
  return CopyStream(input.get(), output.get());
}

absl::StatusOr<std::string> S3Backend::CopyFile(const std::string& from,
                                                const std::string& to) const {
  ASSIGN_OR_RETURN(const bool is_dir, IsDir(to));
  std::string target =
      is_dir ? JoinPath(to, from.substr(from.rfind('/') + 1)) : to;
  ASSIGN_OR_RETURN(const Place source, FindFile(from));
  ASSIGN_OR_RETURN(const Place place, FindFile(target));
  if (source.path.ToString() == place.path.ToString()) {
    return absl::InvalidArgumentError(
        absl::StrCat("can't copy ", from, " to itself; name another file"));
  }
  ASSIGN_OR_RETURN(const auto object, source.client->Head(source.path));
  if (!object) return Missing(source.path, "file");
  RETURN_IF_ERROR(Copy(source, *object, place));
  return target;
}

absl::StatusOr<std::string> S3Backend::CopyTree(const std::string& from,
                                                const std::string& to) const {
  ASSIGN_OR_RETURN(const bool is_there, Exists(to));
  if (is_there) {
    return absl::AlreadyExistsError(absl::StrCat(
        "can't copy a tree to ", to,
        ": it is there already; remove it or choose another path"));
  }
  ASSIGN_OR_RETURN(const Place source, Find(from));
  ASSIGN_OR_RETURN(const Place target, Find(to));
  ASSIGN_OR_RETURN(const std::vector<S3Object> objects,
                   ObjectsBelow(*source.client, source.path));
  if (objects.empty()) return Missing(source.path, "folder");
  const size_t root = source.path.FolderKey().size();
  RETURN_IF_ERROR(ParallelFor(
      objects.size(), source.client->options().num_threads, [&](int64_t i) {
        Place file = source;
        Place copy = target;
        file.path.key = objects[i].key;
        copy.path.key = target.path.FolderKey() + objects[i].key.substr(root);
        return Copy(file, objects[i], copy);
      }));
  return to;
}

absl::Status S3Backend::Remove(const std::string& path) const {
  ASSIGN_OR_RETURN(const Place place, FindFile(path));
  ASSIGN_OR_RETURN(const bool is_file, IsFile(path));
  if (is_file) return place.client->Delete(place.path);
  ASSIGN_OR_RETURN(const bool is_dir, IsDir(path));
  if (!is_dir) return Missing(place.path, "file");
  return absl::InvalidArgumentError(absl::StrCat(
      place.path.ToString(), ": a folder, not a file; RmTree removes folders"));
}

absl::Status S3Backend::RmTree(const std::string& path) const {
  ASSIGN_OR_RETURN(const Place place, Find(path));
  if (place.path.key.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        place.path.ToString(),
        ": a whole bucket is not removed as a tree; name a folder in it"));
  }
  ASSIGN_OR_RETURN(const std::vector<S3Object> objects,
                   ObjectsBelow(*place.client, place.path));
  if (objects.empty()) return Missing(place.path, "folder");
  std::vector<std::string> keys;
  for (const S3Object& object : objects) {
    // XML has no way to write control characters.
    const bool fits_xml = std::none_of(object.key.begin(), object.key.end(),
                                       [](unsigned char c) { return c < ' '; });
    if (fits_xml) {
      keys.push_back(object.key);
      continue;
    }
    S3Path single = place.path;
    single.key = object.key;
    RETURN_IF_ERROR(place.client->Delete(single));
  }
  for (size_t i = 0; i < keys.size(); i += kDeletedAtOnce) {
    const size_t end = std::min(i + kDeletedAtOnce, keys.size());
    RETURN_IF_ERROR(place.client->DeleteSeveral(
        place.path.bucket,
        std::vector<std::string>(keys.begin() + i, keys.begin() + end)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> S3Backend::GeneratePresignedUrl(
    const std::string& url, const std::string& client_method,
    absl::Duration expires_in) const {
  ASSIGN_OR_RETURN(const Place place, FindFile(url));
  if (client_method == "get_object") {
    return place.client->Presign("GET", place.path, expires_in);
  }
  if (client_method == "put_object") {
    return place.client->Presign("PUT", place.path, expires_in);
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "client_method \"", client_method, "\": it is get_object or put_object"));
}

}  // namespace anneal
