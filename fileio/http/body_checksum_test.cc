#include "fileio/http/body_checksum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

using ::testing::HasSubstr;

// Checksums of "123456789", by openssl dgst and the CRC catalogue.
struct Case {
  const char* name;
  const char* header;
  const char* value;
};

class BodyChecksumTest : public ::testing::TestWithParam<Case> {
 protected:
  static absl::Status Check(absl::string_view body) {
    BodyChecksum checksum(HttpHeaders{{GetParam().header, GetParam().value}});
    EXPECT_TRUE(checksum.is_there());
    checksum.Update(body.substr(0, 3));
    checksum.Update(body.substr(3));
    return checksum.Finish();
  }
};

TEST_P(BodyChecksumTest, TakesTheBytesThatWereSent) {
  EXPECT_TRUE(Check("123456789").ok());
}

TEST_P(BodyChecksumTest, FindsAWrongByte) {
  const absl::Status status = Check("123456780");

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr(GetParam().header));
  EXPECT_THAT(status.message(), HasSubstr("try again"));
}

INSTANTIATE_TEST_SUITE_P(
    All, BodyChecksumTest,
    ::testing::Values(
        Case{"AmazonCrc32", "x-amz-checksum-crc32", "y/Q5Jg=="},
        Case{"AmazonCrc32c", "x-amz-checksum-crc32c", "4waSgw=="},
        Case{"AmazonSha1", "x-amz-checksum-sha1",
             "98O8HYCOBHMq32eZZczDTKeuNEE="},
        Case{"AmazonSha256", "x-amz-checksum-sha256",
             "FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU="},
        Case{"ContentMd5", "content-md5", "JfnnlDI7RTiF9RgfG2JNCw=="},
        Case{"ContentDigest", "content-digest",
             "sha-256=:FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsiU=:"},
        Case{"ReprDigest", "repr-digest",
             "sha-512=:2eZ2LdHI6vbWGzxhkvxAjU1tXxF20MKRabwk5xw/"
             "J0rSf81YEbMT1oH35V7ALXPUmclUVba1u1A6z1dPuo/+hQ==:"},
        Case{"Digest", "digest",
             "unixsum=30637, SHA-256=FeKw08M4keuw8e9gnsQZQgwg4yDOlMZfvIwzEkSOsi"
             "U="},
        Case{"DigestMd5", "digest", "md5=JfnnlDI7RTiF9RgfG2JNCw=="},
        Case{"GoogleHash", "x-goog-hash",
             "crc32c=4waSgw==, md5=JfnnlDI7RTiF9RgfG2JNCw=="}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(BodyChecksum, PassesOverWhatItCanNotRead) {
  EXPECT_FALSE(BodyChecksum(HttpHeaders{}).is_there());
  EXPECT_FALSE(
      BodyChecksum(HttpHeaders{{"content-md5", "not base64!"}}).is_there());
  EXPECT_FALSE(
      BodyChecksum(HttpHeaders{{"content-md5", "y/Q5Jg=="}}).is_there());
  EXPECT_FALSE(
      BodyChecksum(HttpHeaders{{"digest", "unixsum=30637"}}).is_there());
  // Of the parts of a multipart upload.
  EXPECT_FALSE(BodyChecksum(HttpHeaders{{"x-amz-checksum-crc32", "y/Q5Jg==-2"}})
                   .is_there());
  EXPECT_TRUE(BodyChecksum(HttpHeaders{}).Finish().ok());
}

TEST(BodyChecksum, PassesOverGooglesHashOfBytesThatItDecodes) {
  HttpHeaders headers = {{"x-goog-hash", "crc32c=4waSgw=="},
                         {"x-goog-stored-content-encoding", "gzip"}};
  EXPECT_FALSE(BodyChecksum(headers).is_there());

  headers["x-goog-stored-content-encoding"] = "identity";
  EXPECT_TRUE(BodyChecksum(headers).is_there());
}

}  // namespace
}  // namespace anneal
