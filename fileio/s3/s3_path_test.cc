#include "fileio/s3/s3_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anneal {
namespace {

using ::testing::HasSubstr;

TEST(S3Path, ComesApart) {
  const auto path = S3Path::Parse("s3://bucket/a b/c?d#e%20");

  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(path->cluster, "");
  EXPECT_EQ(path->bucket, "bucket");
  EXPECT_EQ(path->key, "a b/c?d#e%20");
  EXPECT_EQ(path->ToString(), "s3://bucket/a b/c?d#e%20");
}

TEST(S3Path, MayNameACluster) {
  const auto path = S3Path::Parse("sh1424:petrel://bucket//a/");

  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(path->cluster, "sh1424");
  EXPECT_EQ(path->key, "/a/");
  EXPECT_EQ(path->ToString(), "sh1424:s3://bucket//a/");
}

TEST(S3Path, MayBeABucket) {
  EXPECT_EQ(S3Path::Parse("s3://bucket")->key, "");
  EXPECT_EQ(S3Path::Parse("s3://bucket/")->key, "");
}

TEST(S3Path, HasAPrefixForWhatIsBelow) {
  EXPECT_EQ(S3Path::Parse("s3://b/a")->FolderKey(), "a/");
  EXPECT_EQ(S3Path::Parse("s3://b/a/")->FolderKey(), "a/");
  EXPECT_EQ(S3Path::Parse("s3://b")->FolderKey(), "");
}

TEST(S3Path, RefusesWhatIsNoneOfS3) {
  for (const char* uri : {"bucket/a", "http://h/a", "", "s4://b", "/a"}) {
    const absl::Status status = S3Path::Parse(uri).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << uri;
    EXPECT_THAT(status.message(), HasSubstr("s3://bucket/key")) << uri;
  }
  EXPECT_THAT(S3Path::Parse("s3:///a").status().message(),
              HasSubstr("names no bucket"));
}

}  // namespace
}  // namespace anneal
