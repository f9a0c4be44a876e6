#include "fileio/s3/sigv4.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "fileio/local/local_backend.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// Amazon's examples ("Signature Calculations for the Authorization Header" and
// "Authenticating Requests: Using Query Parameters").
const AwsCredentials kCredentials = {
    "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY", ""};
constexpr char kHost[] = "https://examplebucket.s3.amazonaws.com";

absl::Time Now() { return absl::FromUnixSeconds(1369353600); }

// botocore leaves the query in the order of its making.
std::string SortedQuery(const std::string& url) {
  const size_t begin = url.find('?') + 1;
  std::vector<std::string> items = absl::StrSplit(url.substr(begin), '&');
  std::sort(items.begin(), items.end());
  return url.substr(0, begin) + absl::StrJoin(items, "&");
}

struct Example {
  const char* name;
  const char* method;
  const char* path;
  HttpHeaders headers;
  const char* body;
  const char* signature;
};

class AmazonExampleTest : public ::testing::TestWithParam<Example> {};

TEST_P(AmazonExampleTest, HasTheSignatureOfTheManual) {
  HttpRequest request;
  request.method = GetParam().method;
  request.url = std::string(kHost) + GetParam().path;
  request.headers = GetParam().headers;
  request.body = GetParam().body;

  SigV4(kCredentials, "us-east-1").Sign(Now(), &request);

  EXPECT_THAT(request.headers["authorization"],
              HasSubstr(std::string("Signature=") + GetParam().signature));
}

INSTANTIATE_TEST_SUITE_P(
    All, AmazonExampleTest,
    ::testing::Values(
        Example{"GetObject",
                "GET",
                "/test.txt",
                {{"range", "bytes=0-9"}},
                "",
                "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb"
                "41"},
        Example{"PutObject",
                "PUT",
                "/test%24file.text",
                {{"date", "Fri, 24 May 2013 00:00:00 GMT"},
                 {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
                "Welcome to Amazon S3.",
                "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108"
                "bd"},
        Example{"GetLifecycle",
                "GET",
                "/?lifecycle",
                {},
                "",
                "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a01367835"
                "43"},
        Example{"ListObjects",
                "GET",
                "/?max-keys=2&prefix=J",
                {},
                "",
                "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6"
                "f7"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(SigV4, PresignsAsTheManual) {
  const auto url = SigV4(kCredentials, "us-east-1")
                       .Presign("GET", std::string(kHost) + "/test.txt",
                                absl::Hours(24), Now());

  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_THAT(
      *url,
      HasSubstr("&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c26"
                "5957d157751f604d404"));
}

TEST(SigV4, AgreesWithBotocore) {
  const std::string golden = *LocalBackend().Get("fileio/s3/sigv4_golden.txt");
  int count = 0;
  for (absl::string_view line : absl::StrSplit(golden, '\n')) {
    if (line.empty()) continue;
    const std::vector<std::string> fields = absl::StrSplit(line, '\t');
    ASSERT_EQ(fields.size(), 7) << line;
    AwsCredentials credentials = kCredentials;
    credentials.session_token = fields[5];
    const SigV4 signer(credentials, "us-east-1");
    if (fields[0] == "presign") {
      EXPECT_EQ(SortedQuery(*signer.Presign(fields[1], fields[2],
                                            absl::Minutes(10), Now())),
                SortedQuery(fields[6]));
    } else {
      HttpRequest request;
      request.method = fields[1];
      request.url = fields[2];
      request.body = fields[4];
      for (absl::string_view header :
           absl::StrSplit(fields[3], ';', absl::SkipEmpty())) {
        request.headers.insert(absl::StrSplit(header, absl::MaxSplits('=', 1)));
      }
      signer.Sign(Now(), &request);
      EXPECT_EQ(request.headers["authorization"],
                absl::StrReplaceAll(fields[6], {{", ", ","}}))
          << line;
    }
    ++count;
  }
  EXPECT_EQ(count, 32);
}

TEST(SigV4, ReplacesAnOlderSignature) {
  HttpRequest once;
  once.url = std::string(kHost) + "/a";
  const SigV4 signer(kCredentials, "us-east-1");
  signer.Sign(Now() + absl::Hours(1), &once);
  HttpRequest twice;
  twice.url = once.url;
  signer.Sign(Now(), &twice);
  twice.headers["user-agent"] = "not signed";
  signer.Sign(Now() + absl::Hours(1), &twice);

  EXPECT_EQ(once.headers["authorization"], twice.headers["authorization"]);
}

TEST(SigV4, PresignsForASecondToAWeek) {
  const SigV4 signer(kCredentials, "us-east-1");
  const std::string url = std::string(kHost) + "/a";

  EXPECT_TRUE(signer.Presign("GET", url, absl::Seconds(1), Now()).ok());
  EXPECT_TRUE(signer.Presign("GET", url, absl::Hours(168), Now()).ok());
  for (const absl::Duration bad :
       {absl::ZeroDuration(), absl::Hours(169), absl::InfiniteDuration()}) {
    const absl::Status status = signer.Presign("GET", url, bad, Now()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("from 1s to 168h"));
  }
}

}  // namespace
}  // namespace anneal
