// An object that is uploaded by parts.
#ifndef ANNEAL_FILEIO_S3_MULTIPART_UPLOAD_H_
#define ANNEAL_FILEIO_S3_MULTIPART_UPLOAD_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "fileio/s3/s3_client.h"
#include "fileio/s3/s3_path.h"
#include "fileio/s3/s3_xml.h"

namespace anneal {

// S3's multipart upload: the object appears, whole, with Complete. Without it
// the parts are removed when this is destroyed.
class MultipartUpload {
 public:
  // `client` outlives it.
  static absl::StatusOr<std::unique_ptr<MultipartUpload>> Begin(
      const S3Client* client, const S3Path& path);
  ~MultipartUpload();
  MultipartUpload(const MultipartUpload&) = delete;
  MultipartUpload& operator=(const MultipartUpload&) = delete;

  // Part `number`, from 1 on: bytes, or those from `first` to `last` of another
  // object of the server, as long as its ETag is `etag` ("": any; else
  // Aborted). In any order, by any thread. Each but the last is of 5 MiB at
  // least.
  absl::Status Upload(int number, absl::string_view bytes);
  absl::Status Copy(int number, const S3Path& from, const std::string& etag,
                    int64_t first, int64_t last);

  // Once all parts are there. Nothing is called after it.
  absl::Status Complete();

 private:
  MultipartUpload(const S3Client* client, S3Path path, std::string id)
      : client_(client), path_(std::move(path)), id_(std::move(id)) {}

  absl::Status Note(int number, absl::StatusOr<std::string> etag);

  const S3Client* const client_;
  const S3Path path_;
  const std::string id_;
  bool is_complete_ = false;
  absl::Mutex mutex_;
  // Part -> its ETag.
  std::map<int, std::string> etags_ ABSL_GUARDED_BY(mutex_);
};

// Puts bytes of any size: by one request up to four parts of
// S3Options::part_size, else by parts at the same time. `client` outlives it.
absl::Status PutObject(const S3Client& client, absl::string_view bytes,
                       const S3Path& path);

// Copies the object that is at `from`, by the server, in pieces of `piece_size`
// where it is larger than that, as S3 copies no more than 5 GiB at once.
// Aborted where it changes between two pieces.
absl::Status CopyObject(const S3Client& client, const S3Path& from,
                        const S3Object& object, const S3Path& to,
                        int64_t piece_size = int64_t{1} << 30);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_MULTIPART_UPLOAD_H_
