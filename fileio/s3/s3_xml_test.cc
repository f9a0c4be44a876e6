#include "fileio/s3/s3_xml.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// After the examples of Amazon's API reference.
constexpr char kListing[] = R"(<?xml version="1.0" encoding="UTF-8"?>
<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
    <Name>bucket</Name><Prefix/><KeyCount>3</KeyCount><MaxKeys>3</MaxKeys>
    <EncodingType>url</EncodingType>
    <IsTruncated>true</IsTruncated>
    <NextContinuationToken>1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOw=</NextContinuationToken>
    <Contents><Key>my+image%2B%3C.jpg</Key><ETag>"fba9dede5f27731c9771645a39863328"</ETag><Size>434234</Size></Contents>
    <Contents><Key>a/%C3%A9%0A</Key><Size>0</Size></Contents>
    <CommonPrefixes><Prefix>photos/</Prefix></CommonPrefixes>
</ListBucketResult>)";

TEST(S3Xml, ReadsAPageOfAList) {
  const auto listing = ParseS3Listing(kListing);

  ASSERT_TRUE(listing.ok()) << listing.status();
  ASSERT_THAT(listing->objects, SizeIs(2));
  EXPECT_EQ(listing->objects[0].key, "my image+<.jpg");
  EXPECT_EQ(listing->objects[0].size, 434234);
  EXPECT_EQ(listing->objects[0].etag, "\"fba9dede5f27731c9771645a39863328\"");
  EXPECT_EQ(listing->objects[1].etag, "");
  EXPECT_EQ(listing->objects[1].key, "a/\xc3\xa9\n");
  EXPECT_THAT(listing->common_prefixes, ElementsAre("photos/"));
  EXPECT_EQ(listing->next_token,
            "1ueGcxLPRx1Tr/XYExHnhbYLgveDs2J/wm36Hy4vbOw=");
}

TEST(S3Xml, TakesKeysAsTheyAreWithoutAnEncoding) {
  const auto listing = ParseS3Listing(
      "<ListBucketResult><Contents><Key>a+b%20&lt;&amp;</Key><Size>1</Size>"
      "</Contents></ListBucketResult>");

  ASSERT_TRUE(listing.ok()) << listing.status();
  EXPECT_EQ(listing->objects[0].key, "a+b%20<&");
  EXPECT_EQ(listing->next_token, "");
}

TEST(S3Xml, ReadsErrors) {
  const auto error = ParseS3Error(
      "<?xml version=\"1.0\"?><Error><Code>NoSuchKey</Code><Message>The key\n"
      "\x1b[31mis not there</Message></Error>");

  ASSERT_TRUE(error);
  EXPECT_EQ(error->code, "NoSuchKey");
  EXPECT_EQ(error->message, "The key[31mis not there");
  EXPECT_FALSE(ParseS3Error("<html><body>proxy</body></html>"));
  EXPECT_FALSE(ParseS3Error(""));
  EXPECT_LE(
      ParseS3Error(absl::StrCat("<Error><Message>", std::string(100000, 'x'),
                                "</Message></Error>"))
          ->message.size(),
      400);
}

TEST(S3Xml, ReadsTheOtherAnswers) {
  EXPECT_EQ(*ParseUploadId("<InitiateMultipartUploadResult><Bucket>b</Bucket>"
                           "<UploadId>VXBsb2FkIElE+/=</UploadId>"
                           "</InitiateMultipartUploadResult>"),
            "VXBsb2FkIElE+/=");
  EXPECT_EQ(*ParseCopyPartETag("<CopyPartResult><ETag>&quot;9b2c&quot;</ETag>"
                               "</CopyPartResult>"),
            "\"9b2c\"");
  const auto errors = ParseDeleteErrors(
      "<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key>"
      "<Code>AccessDenied</Code><Message>No</Message></Error></DeleteResult>");
  ASSERT_TRUE(errors.ok());
  ASSERT_THAT(*errors, SizeIs(1));
  EXPECT_EQ((*errors)[0].key, "b");
  EXPECT_EQ((*errors)[0].code, "AccessDenied");
  EXPECT_THAT(*ParseDeleteErrors("<DeleteResult/>"), IsEmpty());
}

TEST(S3Xml, WritesRequests) {
  EXPECT_EQ(CompleteUploadXml({"\"a\"", "\"b\""}),
            "<?xml version=\"1.0\"?><CompleteMultipartUpload><Part><PartNumber>"
            "1</PartNumber><ETag>\"a\"</ETag></Part><Part><PartNumber>2"
            "</PartNumber><ETag>\"b\"</ETag></Part></CompleteMultipartUpload>");
  EXPECT_EQ(DeleteXml({"a<&b"}),
            "<?xml version=\"1.0\"?><Delete><Quiet>true</Quiet><Object><Key>"
            "a&lt;&amp;b</Key></Object></Delete>");
}

TEST(S3Xml, ReadsDeepNestingWithoutAStack) {
  std::string deep;
  for (int i = 0; i < 1000000; ++i) deep += "<a>";

  EXPECT_EQ(ParseS3Listing(deep).status().code(), absl::StatusCode::kDataLoss);
}

struct Wrong {
  const char* name;
  const char* xml;
  const char* words;
};

class S3XmlTest : public ::testing::TestWithParam<Wrong> {};

TEST_P(S3XmlTest, IsDataLoss) {
  const absl::Status status = ParseS3Listing(GetParam().xml).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    All, S3XmlTest,
    ::testing::Values(
        Wrong{"Empty", "", "is no XML"},
        Wrong{"CutOff", "<ListBucketResult><Contents>", "is no XML"},
        Wrong{"AWebPage", "<html></html>",
              "is <html>, not <ListBucketResult>; is this S3's endpoint?"},
        Wrong{"ControlCharacters", "<a\x1b></a\x1b>", "is no XML"},
        Wrong{"NoKey",
              "<ListBucketResult><Contents><Size>1</Size></Contents>"
              "</ListBucketResult>",
              "<Contents> has no <Key>"},
        Wrong{"NegativeSize",
              "<ListBucketResult><Contents><Key>a</Key><Size>-1</Size>"
              "</Contents></ListBucketResult>",
              "size is \"-1\""},
        Wrong{"NoToken",
              "<ListBucketResult><IsTruncated>true</IsTruncated>"
              "</ListBucketResult>",
              "has no <NextContinuationToken>"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace anneal
