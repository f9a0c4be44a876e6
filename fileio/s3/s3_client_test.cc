#include "fileio/s3/s3_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "fileio/http/http_client.h"
#include "fileio/s3/s3_test_server.h"
#include "tests/support/captured_log.h"

namespace anneal {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

S3Path Path(const std::string& key) {
  return *S3Path::Parse("s3://bucket/" + key);
}

class S3ClientTest : public ::testing::Test {
 protected:
  S3ClientTest() : client_(server_.Options()) {}

  const S3TestServer server_;
  const S3Client client_;
};

TEST_F(S3ClientTest, GetsWhatWasPut) {
  for (const char* key : {"a", "a b/\xc3\xa9+%20?&#=", "a//b/../c", "~(!)*'"}) {
    ASSERT_TRUE(client_.Put(key, Path(key)).ok()) << key;
    const auto bytes = client_.Get(Path(key));
    ASSERT_TRUE(bytes.ok()) << bytes.status();
    EXPECT_EQ(*bytes, key);
    EXPECT_EQ((*client_.Head(Path(key)))->size, std::string(key).size());
  }
}

TEST_F(S3ClientTest, GetsAnEmptyObject) {
  ASSERT_TRUE(client_.Put("", Path("empty")).ok());

  EXPECT_EQ(*client_.Get(Path("empty")), "");
}

TEST_F(S3ClientTest, SignsWithTemporaryCredentials) {
  S3Options options = server_.Options();
  options.credentials =
      AwsCredentials{"AKIDTEMP", "secret/of+temp", "token/of+temp=="};
  const S3Client client(options);

  ASSERT_TRUE(client.Put("x", Path("a")).ok());
  EXPECT_EQ(*client.Get(Path("a")), "x");
}

TEST_F(S3ClientTest, ReadsPublicBucketsUnsigned) {
  S3Options options = server_.Options();
  const S3Path path = *S3Path::Parse("s3://public-data/a");
  ASSERT_TRUE(client_.Put("x", path).ok());
  options.credentials = absl::nullopt;
  const S3Client client(options);

  EXPECT_EQ(*client.Get(path), "x");
  EXPECT_EQ(client.Get(Path("a")).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(client.Presign("GET", path, absl::Hours(1)).status().message(),
              HasSubstr("no credentials"));
}

TEST_F(S3ClientTest, PutsTheBucketIntoTheHostsName) {
  S3Options options = server_.Options();
  options.endpoint_url =
      absl::StrCat("http://localhost:", server_.server().port());
  options.is_virtual_hosted = true;
  const S3Client client(options);

  ASSERT_TRUE(client.Put("x", Path("a/b")).ok());
  EXPECT_EQ(*client_.Get(Path("a/b")), "x");
  EXPECT_THAT(server_.Log(), Contains("PUT /a/b"));
  // What is no name of a host stays in the path.
  EXPECT_EQ(client.Get(*S3Path::Parse("s3://No_Host/a")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_THAT(server_.Log(), Contains("GET /No_Host/a"));
}

TEST_F(S3ClientTest, GetsLargeObjectsByParts) {
  const std::string bytes = PatternBytes(10500);
  ASSERT_TRUE(client_.Put(bytes, Path("large")).ok());

  EXPECT_EQ(*client_.Get(Path("large")), bytes);
  int count = 0;
  for (const std::string& line : server_.Log())
    count += line == "GET /bucket/large";
  EXPECT_EQ(count, 12);  // the head and eleven parts
}

TEST_F(S3ClientTest, GoesOnWhereAPartWasCutOff) {
  const std::string bytes = PatternBytes(10500);
  ASSERT_TRUE(client_.Put(bytes, Path("large")).ok());
  server_.Fault("method=GET&cut=300&times=4");

  EXPECT_EQ(*client_.Get(Path("large")), bytes);
}

TEST_F(S3ClientTest, NeverMixesTwoVersions) {
  ASSERT_TRUE(client_.Put(PatternBytes(10500), Path("large")).ok());
  // Changed after the answer to the first request.
  server_.Fault("method=GET&change=1");
  const absl::Status status = client_.Get(Path("large")).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(status.message(), HasSubstr("changed while it was read"));
}

TEST_F(S3ClientTest, StreamsAnObject) {
  const std::string bytes = PatternBytes(10500);
  ASSERT_TRUE(client_.Put(bytes, Path("large")).ok());
  server_.Fault("method=GET&cut=3000");
  const auto input = client_.OpenInput(Path("large"));

  ASSERT_TRUE(input.ok()) << input.status();
  EXPECT_EQ((*input)->size(), 10500);
  EXPECT_EQ(*ReadAll(input->get()), bytes);
}

TEST_F(S3ClientTest, ListsByPages) {
  for (const char* key : {"a/1", "a/2", "a/b/3", "c d+", "\xc3\xa9"}) {
    ASSERT_TRUE(client_.Put("xx", Path(key)).ok());
  }
  const auto first = client_.List(Path(""), "/", "", 2);

  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_THAT(first->common_prefixes, ElementsAre("a/"));
  ASSERT_EQ(first->objects.size(), 1);
  EXPECT_EQ(first->objects[0].key, "c d+");
  EXPECT_EQ(first->objects[0].size, 2);
  const auto second = client_.List(Path(""), "/", first->next_token, 2);
  ASSERT_EQ(second->objects.size(), 1);
  EXPECT_EQ(second->objects[0].key, "\xc3\xa9");
  EXPECT_EQ(second->next_token, "");
}

TEST_F(S3ClientTest, CopiesAndDeletes) {
  ASSERT_TRUE(client_.Put("x", Path("a b")).ok());
  const S3Path copy = *S3Path::Parse("s3://other/c");

  ASSERT_TRUE(client_.Copy(Path("a b"), copy).ok());
  EXPECT_EQ(*client_.Get(copy), "x");
  ASSERT_TRUE(client_.Delete(copy).ok());
  EXPECT_EQ(*client_.Head(copy), absl::nullopt);
  EXPECT_TRUE(client_.Delete(copy).ok());
}

TEST_F(S3ClientTest, DeletesSeveralAndNamesWhatItCouldNot) {
  for (const char* key : {"a<&>", "b\x7f.locked", "c"}) {
    ASSERT_TRUE(client_.Put("x", Path(key)).ok());
  }
  const absl::Status status =
      client_.DeleteSeveral("bucket", {"a<&>", "b\x7f.locked", "c"});

  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(status.message(),
              HasSubstr("s3://bucket/b\\177.locked: AccessDenied"));
  EXPECT_THAT(status.message(), HasSubstr("1 of 3 files"));
  EXPECT_EQ(client_.List(Path(""), "", "")->objects.size(), 1);
}

TEST_F(S3ClientTest, PresignsForWhoHasNoCredentials) {
  ASSERT_TRUE(client_.Put("x", Path("a b")).ok());
  HttpRequest get;
  get.url = *client_.Presign("GET", Path("a b"), absl::Minutes(1));
  HttpRequest put;
  put.method = "PUT";
  put.url = *client_.Presign("PUT", Path("c"), absl::Minutes(1));
  put.body = "y";

  EXPECT_EQ(HttpClient().Send(get)->body, "x");
  EXPECT_EQ(HttpClient().Send(put)->status, 200);
  EXPECT_EQ(*client_.Get(Path("c")), "y");
  get.url = absl::StrReplaceAll(get.url, {{"a%20b", "c"}});
  EXPECT_EQ(HttpClient().Send(get)->status, 403);
}

// -- What goes wrong.

TEST_F(S3ClientTest, TriesAgainAndSignsAnew) {
  server_.Fault("method=PUT&times=3&status=503&code=SlowDown");

  EXPECT_TRUE(client_.Put("x", Path("a")).ok());
}

TEST_F(S3ClientTest, TriesAgainAfterAnErrorInA200) {
  ASSERT_TRUE(client_.Put("x", Path("a")).ok());
  server_.Fault("method=PUT&times=1&status=200&code=InternalError");
  EXPECT_TRUE(client_.Copy(Path("a"), Path("b")).ok());
  EXPECT_EQ(*client_.Get(Path("b")), "x");

  server_.Fault("method=PUT&times=1&status=200&code=AccessDenied");
  const absl::Status status = client_.Copy(Path("a"), Path("b"));
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(status.message(), HasSubstr("s3://bucket/a to s3://bucket/b"));
}

TEST_F(S3ClientTest, FindsBytesThatWereStoredWrong) {
  server_.Fault("method=PUT&change=1");
  const absl::Status status = client_.Put("x", Path("a"));

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("stored other bytes than were sent"));
}

TEST_F(S3ClientTest, SaysThatThereIsNoSuchFileOrBucket) {
  const absl::Status file = client_.Get(Path("none")).status();
  const absl::Status bucket =
      client_.Get(*S3Path::Parse("s3://none/a")).status();

  EXPECT_EQ(file.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(file.message(), HasSubstr("s3://bucket/none: NoSuchKey"));
  EXPECT_EQ(client_.OpenInput(Path("none")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(bucket.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(bucket.message(), HasSubstr("NoSuchBucket"));
  EXPECT_EQ(*client_.Head(Path("none")), absl::nullopt);
  EXPECT_FALSE(*client_.BucketExists("none"));
  EXPECT_TRUE(*client_.BucketExists("bucket"));
}

TEST_F(S3ClientTest, SaysThatCredentialsAreWrongWithoutShowingThem) {
  const CapturedLog log;
  S3Options options = server_.Options();
  options.credentials->secret_access_key = "hush/wrong";
  const absl::Status secret = S3Client(options).Get(Path("a")).status();
  options.credentials->access_key_id = "AKIDNONE";
  const absl::Status id = S3Client(options).Get(Path("a")).status();
  options.credentials = AwsCredentials{"AKIDTEMP", "secret/of+temp", "hush"};
  const absl::Status token = S3Client(options).Get(Path("a")).status();

  for (const absl::Status& status : {secret, id, token}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_THAT(status.message(), Not(HasSubstr("hush")));
  }
  EXPECT_THAT(secret.message(), HasSubstr("check the secret key"));
  EXPECT_THAT(id.message(), HasSubstr("check the access key"));
  EXPECT_THAT(token.message(), HasSubstr("AWS_SESSION_TOKEN"));
  EXPECT_THAT(absl::StrJoin(log.Lines(), "\n"), Not(HasSubstr("hush")));
}

TEST_F(S3ClientTest, SaysThatTheClockIsWrong) {
  S3Options options = server_.Options();
  options.http.retry.now = [] { return absl::Now() - absl::Hours(3); };
  const absl::Status status = S3Client(options).Get(Path("a")).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(status.message(), HasSubstr("set this machine's clock"));
}

TEST_F(S3ClientTest, SaysThatItIsNoS3) {
  S3Options options = server_.Options();
  const TestServer web("fileio/http/test_server.py");
  options.endpoint_url = web.Url("/echo?");
  const absl::Status status = S3Client(options).List(Path(""), "", "").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("is this S3's endpoint?"));
}

TEST_F(S3ClientTest, LogsRetriesWithoutSignatures) {
  const CapturedLog log;
  server_.Fault("method=GET&times=1&status=500");
  EXPECT_FALSE(client_.List(Path("hush"), "", "").status().ok() &&
               log.Lines().empty());

  const std::string lines = absl::StrJoin(log.Lines(), "\n");
  EXPECT_THAT(lines, HasSubstr("the server answered 500"));
  EXPECT_THAT(lines, Not(HasSubstr("hush")));
  EXPECT_THAT(lines, Not(HasSubstr("Signature=")));
}

}  // namespace
}  // namespace anneal
