#include "fileio/http/http_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::Status StatusOf(int status) {
  HttpResponse response;
  response.status = status;
  return HttpStatus("http://h/a", response);
}

struct Case {
  int status;
  absl::StatusCode code;
  const char* words;
};

class HttpStatusTest : public ::testing::TestWithParam<Case> {};

TEST_P(HttpStatusTest, HasACodeAndARemedy) {
  const absl::Status status = StatusOf(GetParam().status);

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(status.message()),
              StartsWith("http://h/a: the server answered "));
  EXPECT_THAT(status.message(), HasSubstr(std::to_string(GetParam().status)));
  EXPECT_THAT(status.message(), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    All, HttpStatusTest,
    ::testing::Values(
        Case{304, absl::StatusCode::kFailedPrecondition, "redirect"},
        Case{400, absl::StatusCode::kInvalidArgument, "arguments"},
        Case{401, absl::StatusCode::kUnauthenticated, "give credentials"},
        Case{403, absl::StatusCode::kPermissionDenied, "what they allow"},
        Case{404, absl::StatusCode::kNotFound, "check the URL"},
        Case{407, absl::StatusCode::kUnauthenticated, "http_proxy"},
        Case{410, absl::StatusCode::kNotFound, "Gone"},
        Case{412, absl::StatusCode::kFailedPrecondition, "changed"},
        Case{416, absl::StatusCode::kOutOfRange, "shorter"},
        Case{418, absl::StatusCode::kInvalidArgument, "check the URL"},
        Case{429, absl::StatusCode::kResourceExhausted, "less often"},
        Case{501, absl::StatusCode::kUnimplemented, "can't do this"},
        Case{503, absl::StatusCode::kUnavailable, "try later"},
        Case{599, absl::StatusCode::kUnavailable, "try later"}),
    [](const auto& info) { return std::to_string(info.param.status); });

TEST(HttpStatus, IsOkForTwoHundreds) {
  EXPECT_TRUE(StatusOf(200).ok());
  EXPECT_TRUE(StatusOf(206).ok());
}

}  // namespace
}  // namespace anneal
