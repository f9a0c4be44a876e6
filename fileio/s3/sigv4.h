// AWS Signature Version 4.
#ifndef ANNEAL_FILEIO_S3_SIGV4_H_
#define ANNEAL_FILEIO_S3_SIGV4_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "fileio/http/http_transport.h"

namespace anneal {

struct AwsCredentials {
  std::string access_key_id;
  std::string secret_access_key;
  // "": none; what temporary credentials have.
  std::string session_token;
};

// Signs requests as S3 wants it (docs.aws.amazon.com, "Authenticating Requests
// (AWS Signature Version 4)"): the path is taken as it stands, encoded once.
class SigV4 {
 public:
  SigV4(AwsCredentials credentials, std::string region,
        std::string service = "s3")
      : credentials_(std::move(credentials)),
        region_(std::move(region)),
        service_(std::move(service)) {}

  // Adds x-amz-date, x-amz-content-sha256 (over the body), for temporary
  // credentials x-amz-security-token, and authorization, over all headers but
  // user-agent. A signature that is there already is replaced.
  void Sign(absl::Time now, HttpRequest* request) const;

  // `url` with a query by which `method` is allowed for `expires_in`, from a
  // second to seven days, else InvalidArgument. The host alone is signed.
  absl::StatusOr<std::string> Presign(const std::string& method,
                                      const std::string& url,
                                      absl::Duration expires_in,
                                      absl::Time now) const;

 private:
  // "20130524/us-east-1/s3/aws4_request".
  std::string Scope(absl::Time now) const;
  std::string Signature(const std::string& canonical_request,
                        absl::Time now) const;

  const AwsCredentials credentials_;
  const std::string region_;
  const std::string service_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_SIGV4_H_
