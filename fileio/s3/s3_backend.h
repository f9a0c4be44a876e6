// Files of S3 and what speaks its protocol.
#ifndef ANNEAL_FILEIO_S3_S3_BACKEND_H_
#define ANNEAL_FILEIO_S3_S3_BACKEND_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "fileio/file_backend.h"
#include "fileio/s3/s3_client.h"
#include "fileio/s3/s3_options.h"
#include "fileio/s3/s3_path.h"
#include "fileio/s3/s3_xml.h"

namespace anneal {

// Objects as files: "s3://bucket/a/b" is file b in folder a. Folders are there
// as long as something is below them. Server, region and credentials come from
// the environment and AWS's files (ResolveS3Options) where backend_args don't
// give them; "cluster:s3://bucket/a" is on that cluster of ~/petreloss.conf
// (PetrelCluster). Large files travel in parts at the same time; what is
// written appears whole or not at all, and copies are made by the server.
// Linking //fileio/s3 registers it as "s3" for s3://:
//
//   backend_args:
//     backend: s3                 # or S3Backend
//     endpoint_url: http://127.0.0.1:9000
//     region: us-east-1
//     access_key: ...             # with secret_key, session_token; or
//     profile: default
//     anonymous: false            # public buckets: no signature
//     addressing_style: auto      # path, virtual
//     path_mapping: {data/coco: "s3://bucket/coco"}
//     conf_path: ~/petreloss.conf
//     part_size: 16777216         # bytes
//     num_threads: 8
//     max_attempts: 5             # and what else ReadHttpOptions takes
//
// For each item of path_mapping, in the order of the names, the first of its
// name in a path is replaced by its value.
//
// As PetrelBackend ("petrel", "PetrelBackend", petrel://) it is mmengine's: all
// paths are on clusters of conf_path, and backslashes are slashes.
//
// Differs from mmengine: the tree of a whole bucket is not removed, lists are
// sorted, and a folder that is not there is NotFound, not empty. Names with a
// dot in front are listed as others.
class S3Backend : public FileBackend {
 public:
  // The server of a cluster, "" being the default one. Called at a cluster's
  // first use.
  using ServerOf =
      std::function<absl::StatusOr<S3Options>(const std::string& cluster)>;

  // `map_path` makes what is given to each operation a URI.
  S3Backend(ServerOf server_of,
            std::function<std::string(const std::string&)> map_path = nullptr)
      : server_of_(std::move(server_of)), map_path_(std::move(map_path)) {}

  std::string name() const override { return "S3Backend"; }
  absl::StatusOr<std::string> Get(const std::string& path) const override;
  absl::Status Put(absl::string_view bytes,
                   const std::string& path) const override;
  // Holds some MiB.
  absl::StatusOr<std::unique_ptr<InputStream>> OpenInput(
      const std::string& path) const override;
  // Holds num_threads + 1 parts at most.
  absl::StatusOr<std::unique_ptr<OutputStream>> OpenOutput(
      const std::string& path) const override;
  absl::StatusOr<bool> Exists(const std::string& path) const override;
  absl::StatusOr<bool> IsDir(const std::string& path) const override;
  absl::StatusOr<bool> IsFile(const std::string& path) const override;
  // "s3://b/a/" and "/c" give "s3://b/a/c".
  std::string JoinPath(absl::string_view path,
                       absl::string_view file) const override;
  absl::StatusOr<std::vector<std::string>> ListDirOrFile(
      const std::string& path, const ListOptions& options) const override;
  absl::StatusOr<std::string> CopyFile(const std::string& from,
                                       const std::string& to) const override;
  absl::StatusOr<std::string> CopyTree(const std::string& from,
                                       const std::string& to) const override;
  absl::Status Remove(const std::string& path) const override;
  // InvalidArgument for a bucket.
  absl::Status RmTree(const std::string& path) const override;
  absl::StatusOr<std::string> GeneratePresignedUrl(
      const std::string& url, const std::string& client_method,
      absl::Duration expires_in) const override;

 private:
  struct Place {
    const S3Client* client;
    S3Path path;
  };

  absl::StatusOr<Place> Find(const std::string& path) const;
  // InvalidArgument for a bucket: S3 answers what is asked of one as if another
  // thing had been asked.
  absl::StatusOr<Place> FindFile(const std::string& path) const;
  absl::StatusOr<const S3Client*> ClientOf(const std::string& cluster) const;
  // Copies, by the server where both are on the same.
  absl::Status Copy(const Place& from, const S3Object& object,
                    const Place& to) const;

  const ServerOf server_of_;
  const std::function<std::string(const std::string&)> map_path_;
  mutable absl::Mutex mutex_;
  mutable std::map<std::string, std::unique_ptr<const S3Client>> clients_
      ABSL_GUARDED_BY(mutex_);
};

// S3Backend under mmengine's name.
class PetrelBackend : public S3Backend {
 public:
  using S3Backend::S3Backend;
  std::string name() const override { return "PetrelBackend"; }
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_S3_BACKEND_H_
