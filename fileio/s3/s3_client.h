// S3's requests.
#ifndef ANNEAL_FILEIO_S3_S3_CLIENT_H_
#define ANNEAL_FILEIO_S3_S3_CLIENT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "fileio/file_stream.h"
#include "fileio/http/http_client.h"
#include "fileio/s3/s3_options.h"
#include "fileio/s3/s3_path.h"
#include "fileio/s3/s3_xml.h"
#include "fileio/s3/sigv4.h"

namespace anneal {

// A method for each request of S3's REST API that files need, signed, retried
// and with S3Status' errors, which name the object by its path. Paths' clusters
// are not looked at. Thread-safe.
class S3Client {
 public:
  explicit S3Client(const S3Options& options);
  S3Client(const S3Client&) = delete;
  S3Client& operator=(const S3Client&) = delete;

  const S3Options& options() const { return options_; }

  // A large object by several connections (DownloadInParallel); checked against
  // the checksum that it was stored with.
  absl::StatusOr<std::string> Get(const S3Path& path) const;
  // The client outlives the stream.
  absl::StatusOr<std::unique_ptr<InputStream>> OpenInput(
      const S3Path& path) const;
  // nullopt where there is none.
  absl::StatusOr<absl::optional<S3Object>> Head(const S3Path& path) const;
  absl::StatusOr<bool> BucketExists(const std::string& bucket) const;
  // A page of what begins with the path's key. `delimiter` "/": what has a
  // slash after that is given as common prefixes. `token`: "" or the last
  // page's. At most 1000, `max_keys` if that is less.
  absl::StatusOr<S3Listing> List(const S3Path& prefix,
                                 const std::string& delimiter,
                                 const std::string& token,
                                 int max_keys = 1000) const;

  // In one request, up to 5 GiB. DataLoss where the server's ETag is the MD5 of
  // other bytes.
  absl::Status Put(absl::string_view bytes, const S3Path& path) const;
  // By the server, up to 5 GiB.
  absl::Status Copy(const S3Path& from, const S3Path& to) const;
  // Also OK where there is none.
  absl::Status Delete(const S3Path& path) const;
  // Up to 1000 keys of a bucket; the first error of them.
  absl::Status DeleteSeveral(const std::string& bucket,
                             const std::vector<std::string>& keys) const;

  // Multipart uploads (MultipartUpload puts these together). Parts are numbered
  // from 1; UploadPart and CopyPart give the part's ETag.
  absl::StatusOr<std::string> CreateUpload(const S3Path& path) const;
  absl::StatusOr<std::string> UploadPart(const S3Path& path,
                                         const std::string& upload_id,
                                         int number,
                                         absl::string_view bytes) const;
  // Aborted where the object copied no longer has that ETag; "": any.
  absl::StatusOr<std::string> CopyPart(const S3Path& from,
                                       const std::string& etag, int64_t first,
                                       int64_t last, const S3Path& to,
                                       const std::string& upload_id,
                                       int number) const;
  // Also OK where the upload is gone and its object is there.
  absl::Status CompleteUpload(const S3Path& path, const std::string& upload_id,
                              const std::vector<std::string>& etags) const;
  absl::Status AbortUpload(const S3Path& path,
                           const std::string& upload_id) const;

  // A URL for "GET" or "PUT" of the object.
  absl::StatusOr<std::string> Presign(const std::string& method,
                                      const S3Path& path,
                                      absl::Duration expires_in) const;

 private:
  // The URL of the object, `query` already encoded.
  std::string UrlOf(const S3Path& path, const std::string& query = "") const;
  HttpRequest Request(const std::string& method, const S3Path& path,
                      const std::string& query = "") const;
  // Sends it; S3Status' errors, which name `what`, also those that S3 puts into
  // a 200.
  absl::StatusOr<HttpResponse> Send(const std::string& what,
                                    const HttpRequest& request) const;

  const S3Options options_;
  const HttpClient http_;
  // nullopt: anonymous.
  const absl::optional<SigV4> signer_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_S3_CLIENT_H_
