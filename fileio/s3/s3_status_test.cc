#include "fileio/s3/s3_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

absl::Status StatusOf(int http_status, const std::string& code,
                      const HttpHeaders& headers = {}) {
  HttpResponse response;
  response.status = http_status;
  response.headers = headers;
  if (!code.empty()) {
    response.body = absl::StrCat("<?xml version=\"1.0\"?>\n<Error><Code>", code,
                                 "</Code><Message>Words.</Message></Error>");
  }
  return S3Status("s3://b/k", response);
}

struct Case {
  const char* s3_code;
  int http_status;
  absl::StatusCode code;
  const char* words;
};

class S3StatusTest : public ::testing::TestWithParam<Case> {};

TEST_P(S3StatusTest, HasACodeTheServersWordsAndARemedy) {
  const absl::Status status =
      StatusOf(GetParam().http_status, GetParam().s3_code);

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(
      status.message(),
      HasSubstr(absl::StrCat("s3://b/k: ", GetParam().s3_code, ": Words")));
  EXPECT_THAT(status.message(), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    All, S3StatusTest,
    ::testing::Values(
        Case{"NoSuchKey", 404, absl::StatusCode::kNotFound, "check the path"},
        Case{"NoSuchBucket", 404, absl::StatusCode::kNotFound, "bucket's name"},
        Case{"AccessDenied", 403, absl::StatusCode::kPermissionDenied,
             "other credentials"},
        Case{"InvalidAccessKeyId", 403, absl::StatusCode::kUnauthenticated,
             "check the access key"},
        Case{"SignatureDoesNotMatch", 403, absl::StatusCode::kUnauthenticated,
             "check the secret key"},
        Case{"ExpiredToken", 400, absl::StatusCode::kUnauthenticated, "renew"},
        Case{"RequestTimeTooSkewed", 403, absl::StatusCode::kUnauthenticated,
             "clock"},
        Case{"PreconditionFailed", 412, absl::StatusCode::kAborted, "changed"},
        Case{"BadDigest", 400, absl::StatusCode::kDataLoss, "try again"},
        Case{"SlowDown", 503, absl::StatusCode::kUnavailable, "503"},
        Case{"SomethingNew", 400, absl::StatusCode::kInvalidArgument, "400"}),
    [](const auto& info) { return std::string(info.param.s3_code); });

TEST(S3Status, SaysInWhichRegionABucketIs) {
  for (const int http_status : {301, 307, 400}) {
    const absl::Status status = StatusOf(
        http_status, "", {{"x-amz-bucket-region", "eu-central-1\x1b"}});
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("is in region eu-central-1\\x1b"));
  }
}

TEST(S3Status, IsHttpsWithoutABody) {
  EXPECT_EQ(StatusOf(404, "").code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(StatusOf(403, "").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_TRUE(StatusOf(200, "").ok());
}

}  // namespace
}  // namespace anneal
