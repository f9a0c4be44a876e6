#include "fileio/s3/multipart_upload.h"

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

class MultipartUploadTest : public ::testing::Test {
 protected:
  MultipartUploadTest() : client_(server_.Options()) {}

  const S3TestServer server_;
  const S3Client client_;
};

TEST_F(MultipartUploadTest, MakesAnObjectOfPartsInAnyOrder) {
  const auto upload = MultipartUpload::Begin(&client_, Path("a"));
  ASSERT_TRUE(upload.ok()) << upload.status();

  ASSERT_TRUE((*upload)->Upload(2, "second").ok());
  ASSERT_TRUE((*upload)->Upload(1, "first").ok());
  EXPECT_EQ(*client_.Head(Path("a")), absl::nullopt);
  ASSERT_TRUE((*upload)->Complete().ok());

  EXPECT_EQ(*client_.Get(Path("a")), "firstsecond");
  EXPECT_THAT(server_.Uploads(), IsEmpty());
}

TEST_F(MultipartUploadTest, LeavesNothingWithoutComplete) {
  {
    const auto upload = MultipartUpload::Begin(&client_, Path("a"));
    ASSERT_TRUE((*upload)->Upload(1, "first").ok());
    EXPECT_THAT(server_.Uploads(), ElementsAre("bucket/a"));
  }
  EXPECT_THAT(server_.Uploads(), IsEmpty());
  EXPECT_EQ(*client_.Head(Path("a")), absl::nullopt);
}

TEST_F(MultipartUploadTest, PutsLargeObjectsByParts) {
  const std::string bytes = PatternBytes(10500);
  server_.Fault("method=PUT&match=partNumber%3D3&times=2&status=500");

  ASSERT_TRUE(PutObject(client_, bytes, Path("large")).ok());

  EXPECT_EQ(*client_.Get(Path("large")), bytes);
  EXPECT_THAT(server_.Uploads(), IsEmpty());
}

TEST_F(MultipartUploadTest, PutsSmallObjectsAtOnce) {
  ASSERT_TRUE(PutObject(client_, PatternBytes(4000), Path("small")).ok());

  EXPECT_THAT(server_.Log(), ElementsAre("PUT /bucket/small"));
}

TEST_F(MultipartUploadTest, LeavesNothingOfAPutThatFails) {
  ASSERT_TRUE(client_.Put("old", Path("large")).ok());
  server_.Fault(
      "method=PUT&match=partNumber%3D3&times=1&status=403&code="
      "AccessDenied");
  const absl::Status part =
      PutObject(client_, PatternBytes(10500), Path("large"));
  server_.Fault("method=POST&match=uploadId&times=1&status=400&code=Odd");
  const absl::Status complete =
      PutObject(client_, PatternBytes(10500), Path("large"));

  EXPECT_EQ(part.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(complete.message(), HasSubstr("Odd"));
  EXPECT_EQ(*client_.Get(Path("large")), "old");
  EXPECT_THAT(server_.Uploads(), IsEmpty());
}

TEST_F(MultipartUploadTest, CopiesLargeObjectsByPieces) {
  const std::string bytes = PatternBytes(10500);
  ASSERT_TRUE(client_.Put(bytes, Path("large")).ok());

  const auto object = client_.Head(Path("large"));
  ASSERT_TRUE(
      CopyObject(client_, Path("large"), **object, Path("copy"), 3000).ok());

  EXPECT_EQ(*client_.Get(Path("copy")), bytes);
  EXPECT_THAT(server_.Uploads(), IsEmpty());
}

TEST_F(MultipartUploadTest, NeverMixesTwoVersionsInACopy) {
  ASSERT_TRUE(client_.Put(PatternBytes(10500), Path("large")).ok());
  const auto object = client_.Head(Path("large"));
  // Changed after a piece was copied.
  server_.Fault("method=PUT&match=partNumber&change=1");
  const absl::Status status =
      CopyObject(client_, Path("large"), **object, Path("copy"), 3000);

  EXPECT_EQ(status.code(), absl::StatusCode::kAborted) << status;
  EXPECT_THAT(status.message(), HasSubstr("changed"));
  EXPECT_EQ(*client_.Head(Path("copy")), absl::nullopt);
  EXPECT_THAT(server_.Uploads(), IsEmpty());
}

TEST_F(MultipartUploadTest, IsCompleteWhereOnlyTheAnswerWasLost) {
  const std::string bytes = PatternBytes(10500);
  server_.Fault("method=POST&match=uploadId&lost=1");

  EXPECT_TRUE(PutObject(client_, bytes, Path("large")).ok());
  EXPECT_EQ(*client_.Get(Path("large")), bytes);
}

TEST_F(MultipartUploadTest, IsNotCompleteWhereAnotherObjectIsThere) {
  ASSERT_TRUE(client_.Put("other", Path("large")).ok());
  const auto upload = MultipartUpload::Begin(&client_, Path("large"));
  ASSERT_TRUE((*upload)->Upload(1, "first").ok());
  server_.Fault("method=POST&match=uploadId&status=404&code=NoSuchUpload");

  EXPECT_EQ((*upload)->Complete().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace anneal
