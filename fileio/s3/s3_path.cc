#include "fileio/s3/s3_path.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace anneal {

absl::StatusOr<S3Path> S3Path::Parse(absl::string_view uri) {
  S3Path path;
  const size_t end = uri.find("://");
  absl::string_view scheme = uri.substr(0, end == uri.npos ? 0 : end);
  const size_t colon = scheme.rfind(':');
  if (colon != scheme.npos) {
    path.cluster = std::string(scheme.substr(0, colon));
    scheme.remove_prefix(colon + 1);
  }
  if (scheme != "s3" && scheme != "petrel") {
    return absl::InvalidArgumentError(
        absl::StrCat(uri,
                     ": no path of S3; those are s3://bucket/key and "
                     "cluster:s3://bucket/key"));
  }
  const absl::string_view rest = uri.substr(end + 3);
  const size_t slash = std::min(rest.find('/'), rest.size());
  path.bucket = std::string(rest.substr(0, slash));
  if (slash < rest.size()) path.key = std::string(rest.substr(slash + 1));
  if (path.bucket.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(uri, ": the path names no bucket; write s3://bucket/key"));
  }
  return path;
}

std::string S3Path::ToString() const {
  return absl::StrCat(cluster, cluster.empty() ? "" : ":", "s3://", bucket, "/",
                      key);
}

std::string S3Path::FolderKey() const {
  if (key.empty() || absl::EndsWith(key, "/")) return key;
  return absl::StrCat(key, "/");
}

}  // namespace anneal
