#include "fileio/s3/s3_status.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/http/http_status.h"

namespace anneal {
namespace {

struct Meaning {
  absl::string_view s3_code;
  absl::StatusCode code;
  absl::string_view remedy;
};

constexpr Meaning kMeanings[] = {
    {"NoSuchKey", absl::StatusCode::kNotFound, "check the path"},
    {"NoSuchBucket", absl::StatusCode::kNotFound,
     "check the bucket's name and the endpoint"},
    {"AccessDenied", absl::StatusCode::kPermissionDenied,
     "ask for the right, or use other credentials"},
    {"InvalidAccessKeyId", absl::StatusCode::kUnauthenticated,
     "check the access key and the endpoint"},
    {"SignatureDoesNotMatch", absl::StatusCode::kUnauthenticated,
     "check the secret key"},
    {"ExpiredToken", absl::StatusCode::kUnauthenticated,
     "renew the temporary credentials"},
    {"InvalidToken", absl::StatusCode::kUnauthenticated,
     "check AWS_SESSION_TOKEN"},
    {"RequestTimeTooSkewed", absl::StatusCode::kUnauthenticated,
     "set this machine's clock"},
    {"PreconditionFailed", absl::StatusCode::kAborted,
     "the file was changed meanwhile: try again"},
    {"InvalidBucketName", absl::StatusCode::kInvalidArgument,
     "check the bucket's name"},
    {"EntityTooLarge", absl::StatusCode::kInvalidArgument,
     "choose a smaller part_size"},
    {"QuotaExceeded", absl::StatusCode::kResourceExhausted,
     "make room or ask for more"},
    {"BadDigest", absl::StatusCode::kDataLoss, "try again"},
    {"XAmzContentSHA256Mismatch", absl::StatusCode::kDataLoss, "try again"},
};

}  // namespace

absl::Status S3Status(absl::string_view what, const HttpResponse& response) {
  const absl::Status by_http = HttpStatus(what, response);
  if (by_http.ok()) return by_http;
  // Also HEAD, which has no body, says where a bucket is.
  const std::string region = response.header("x-amz-bucket-region");
  if (!region.empty() && (response.status == 301 || response.status == 400 ||
                          response.status == 307)) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": the bucket is in region ",
                     absl::CHexEscape(region.substr(0, 100)),
                     "; set region or AWS_REGION to it"));
  }
  const absl::optional<S3Error> error = ParseS3Error(response.body);
  if (!error) return by_http;
  absl::string_view words = error->message;
  absl::ConsumeSuffix(&words, ".");
  const std::string text = absl::StrCat(what, ": ", error->code, ": ", words);
  for (const Meaning& meaning : kMeanings) {
    if (meaning.s3_code == error->code) {
      return absl::Status(meaning.code,
                          absl::StrCat(text, "; ", meaning.remedy));
    }
  }
  return absl::Status(
      by_http.code(),
      absl::StrCat(text, " (the server answered ", response.status, ")"));
}

}  // namespace anneal
