#include "fileio/s3/s3_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "fileio/s3/s3_test_server.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

S3Path Path(const std::string& key) {
  return *S3Path::Parse("s3://bucket/" + key);
}

class S3OutputTest : public ::testing::Test {
 protected:
  S3OutputTest() : client_(server_.Options()) {}

  const S3TestServer server_;
  const S3Client client_;
};

TEST_F(S3OutputTest, StoresWhatIsAppended) {
  // Parts are of 1000 bytes.
  const std::string bytes = PatternBytes(12345);
  for (const size_t step : {7, 1000, 2500, 12345}) {
    const auto output = OpenS3Output(&client_, Path("a"));
    for (size_t i = 0; i < bytes.size(); i += step) {
      ASSERT_TRUE(output->Append(bytes.substr(i, step)).ok());
    }
    ASSERT_TRUE(output->Close().ok());
    EXPECT_EQ(*client_.Get(Path("a")), bytes) << step;
  }
  EXPECT_THAT(server_.Uploads(), IsEmpty());
}

TEST_F(S3OutputTest, PutsASmallFileAtOnce) {
  const auto output = OpenS3Output(&client_, Path("a"));
  ASSERT_TRUE(output->Append("x").ok());
  ASSERT_TRUE(output->Close().ok());

  EXPECT_THAT(server_.Log(), ElementsAre("PUT /bucket/a"));
  ASSERT_TRUE(OpenS3Output(&client_, Path("empty"))->Close().ok());
  EXPECT_EQ(*client_.Get(Path("empty")), "");
}

TEST_F(S3OutputTest, LeavesNothingWithoutClose) {
  ASSERT_TRUE(client_.Put("old", Path("a")).ok());
  {
    const auto output = OpenS3Output(&client_, Path("a"));
    ASSERT_TRUE(output->Append(PatternBytes(5500)).ok());
  }
  EXPECT_EQ(*client_.Get(Path("a")), "old");
  EXPECT_THAT(server_.Uploads(), IsEmpty());
}

TEST_F(S3OutputTest, SaysThatAPartFailed) {
  server_.Fault(
      "method=PUT&match=partNumber%3D2&times=9&status=403&code="
      "AccessDenied");
  {
    const auto output = OpenS3Output(&client_, Path("a"));
    absl::Status status = output->Append(PatternBytes(20000));
    if (status.ok()) status = output->Close();
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(status.message(), HasSubstr("s3://bucket/a: AccessDenied"));
  }
  EXPECT_THAT(server_.Uploads(), IsEmpty());
  EXPECT_EQ(*client_.Head(Path("a")), absl::nullopt);
}

TEST_F(S3OutputTest, StoresNothingOnceItHasFailed) {
  ASSERT_TRUE(client_.Put("old", Path("a")).ok());
  server_.Fault("method=POST&match=uploads&status=403&code=AccessDenied");
  const auto output = OpenS3Output(&client_, Path("a"));

  // The upload does not begin; it would if it were tried again.
  EXPECT_EQ(output->Append(PatternBytes(1500)).code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(output->Append("more").code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(output->Close().code(), absl::StatusCode::kPermissionDenied);

  EXPECT_EQ(*client_.Get(Path("a")), "old");
}

TEST_F(S3OutputTest, GoesOnAfterErrorsThatPass) {
  server_.Fault("method=PUT&times=4&status=500");
  const auto output = OpenS3Output(&client_, Path("a"));

  ASSERT_TRUE(output->Append(PatternBytes(9500)).ok());
  ASSERT_TRUE(output->Close().ok());
  EXPECT_EQ(*client_.Get(Path("a")), PatternBytes(9500));
}

}  // namespace
}  // namespace anneal
