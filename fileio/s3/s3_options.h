// Where an S3 server is and how to speak to it.
#ifndef ANNEAL_FILEIO_S3_S3_OPTIONS_H_
#define ANNEAL_FILEIO_S3_S3_OPTIONS_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "fileio/http/http_client.h"
#include "fileio/s3/sigv4.h"

namespace anneal {

struct S3Options {
  // "https://s3.us-east-1.amazonaws.com", without a bucket.
  std::string endpoint_url;
  std::string region = "us-east-1";
  // nullopt: requests are not signed, as public buckets allow.
  absl::optional<AwsCredentials> credentials;
  // "https://bucket.host/key", not "https://host/bucket/key".
  bool is_virtual_hosted = false;

  // Bytes of the parts in which larger objects travel; S3 takes from 5 MiB to
  // 5 GiB and 10000 parts an object.
  int64_t part_size = 16 << 20;
  // Parts that travel at the same time.
  int num_threads = 8;
  HttpOptions http;
};

// What the user gives in backend_args; "" is not given.
struct S3Settings {
  std::string endpoint_url;
  std::string region;
  std::string profile;
  std::string access_key;
  std::string secret_key;
  std::string session_token;
  std::string addressing_style;  // auto, path or virtual
  bool anonymous = false;
};

// A variable of the environment; nullopt where it is not set.
using Environment =
    std::function<absl::optional<std::string>(const std::string& name)>;

// The process's own.
absl::optional<std::string> ProcessEnvironment(const std::string& name);

// Completes `settings` as AWS's tools do, each value from the first that has
// it:
//
//   credentials  settings; AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY,
//                AWS_SESSION_TOKEN, unless settings name a profile; the profile
//                in AWS_SHARED_CREDENTIALS_FILE (~/.aws/credentials), then in
//                AWS_CONFIG_FILE (~/.aws/config)
//   profile      settings; AWS_PROFILE; "default"
//   region       settings; AWS_REGION; AWS_DEFAULT_REGION; the profile's
//                region; us-east-1
//   endpoint     settings; AWS_ENDPOINT_URL_S3; AWS_ENDPOINT_URL; the profile's
//                endpoint_url; AWS's own for the region
//   addressing   settings; the profile's s3.addressing_style; auto: the bucket
//                in the host name at AWS, in the path elsewhere
//   CA file      AWS_CA_BUNDLE; the profile's ca_bundle
//
// Unauthenticated where there are no credentials, or half of them, saying where
// they were looked for; NotFound for a profile that no file has;
// InvalidArgument for a file, URL or style that can't be read.
absl::StatusOr<S3Options> ResolveS3Options(const S3Settings& settings,
                                           const Environment& environment);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_S3_OPTIONS_H_
