// URIs of S3's objects.
#ifndef ANNEAL_FILEIO_S3_S3_PATH_H_
#define ANNEAL_FILEIO_S3_S3_PATH_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// "cluster:s3://bucket/a/b"; s3:// and petrel:// mean the same.
struct S3Path {
  std::string cluster;  // "": the default one
  std::string bucket;
  std::string key;  // "a/b"; "": the bucket itself

  // InvalidArgument for another scheme and where no bucket is named.
  static absl::StatusOr<S3Path> Parse(absl::string_view uri);

  std::string ToString() const;
  // `key` as the prefix of what is below it: "a/b/"; "" stays.
  std::string FolderKey() const;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_S3_PATH_H_
