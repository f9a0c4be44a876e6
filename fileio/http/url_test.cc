#include "fileio/http/url.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Url, ComesApartAndTogether) {
  const auto url = Url::Parse("HTTPS://u:p@Host.org:8443/a%20b/C?x=1&y=?#part");

  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(url->scheme, "https");
  EXPECT_EQ(url->user_info, "u:p");
  EXPECT_EQ(url->host, "host.org:8443");
  EXPECT_EQ(url->path, "/a%20b/C");
  EXPECT_EQ(url->query, "x=1&y=?");
  EXPECT_EQ(url->ToString(), "https://host.org:8443/a%20b/C?x=1&y=?");
}

TEST(Url, HasAPathWhereNoneIsGiven) {
  EXPECT_EQ(Url::Parse("http://h")->ToString(), "http://h/");
  EXPECT_EQ(Url::Parse("http://h?a")->ToString(), "http://h/?a");
}

TEST(Url, RefusesWhatIsNoUrlOfHttp) {
  for (const char* text : {"ftp://h/a", "h/a", "", "file:///etc/passwd",
                           "/a?next=http://h/a", "://h/a", "1http://h/a"}) {
    const absl::Status status = Url::Parse(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(status.message(), HasSubstr("http:// or https://")) << text;
  }
}

TEST(Url, RefusesBlanksControlsAndNoHost) {
  EXPECT_THAT(Url::Parse("http://h/a b").status().message(),
              HasSubstr("write a blank as %20"));
  EXPECT_THAT(Url::Parse("http://h/a\r\nHost: evil").status().message(),
              HasSubstr("no control characters"));
  EXPECT_THAT(Url::Parse("http:///a").status().message(),
              HasSubstr("names no host"));
  EXPECT_THAT(Url::Parse("http://:80/a").status().message(),
              HasSubstr("names no host"));
}

TEST(Url, ErrorsShowNoCredentials) {
  const absl::Status status =
      Url::Parse("ftp://ann:hunter2@h/a?token=hunter2").status();

  EXPECT_THAT(status.message(), Not(HasSubstr("hunter2")));
  EXPECT_THAT(status.message(), HasSubstr("ftp://h/a?token=***"));
}

TEST(Url, KnowsItsOrigin) {
  const Url url = *Url::Parse("https://h/a");

  EXPECT_TRUE(url.HasOriginOf(*Url::Parse("https://H:443/b")));
  EXPECT_FALSE(url.HasOriginOf(*Url::Parse("http://h/a")));
  EXPECT_FALSE(url.HasOriginOf(*Url::Parse("https://h:444/a")));
  EXPECT_FALSE(url.HasOriginOf(*Url::Parse("https://h.evil.org/a")));
  EXPECT_TRUE(Url::Parse("http://[::1]/")
                  ->HasOriginOf(*Url::Parse("http://[::1]:80/")));
}

struct Redaction {
  const char* name;
  const char* url;
  const char* shown;
};

class RedactUrlTest : public ::testing::TestWithParam<Redaction> {};

TEST_P(RedactUrlTest, HidesWhatMayBeSecret) {
  EXPECT_EQ(RedactUrl(GetParam().url), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    All, RedactUrlTest,
    ::testing::Values(
        Redaction{"Plain", "http://h:80/a/b", "http://h:80/a/b"},
        Redaction{"UserInfo", "http://ann:secret@h/a", "http://h/a"},
        Redaction{"AtInTheWord", "http://ann:se@cret@h/a", "http://h/a"},
        Redaction{"SlashInTheWord", "http://ann:se/cret@h/a", "http://h/a"},
        Redaction{"Signature",
                  "https://h/a?X-Amz-Signature=secret&X-Amz-Date=1#secret",
                  "https://h/a?X-Amz-Signature=***&X-Amz-Date=***"},
        Redaction{"BareQuery", "https://h/a?secret", "https://h/a?***"},
        Redaction{"UrlInTheQuery", "/a?sig=secret&next=https://x/b",
                  "/a?sig=***&next=***"},
        Redaction{"NoScheme", "//ann:secret@h/a?b=c", "//h/a?b=***"},
        Redaction{"AtInThePath", "https://h/a@b", "https://h/a@b"},
        Redaction{"NoUrl", "a@b/c?d=e", "b/c?d=***"},
        Redaction{"Empty", "", ""}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(PercentEncode, IsThatOfRfc3986) {
  EXPECT_EQ(PercentEncode("aZ09-._~"), "aZ09-._~");
  EXPECT_EQ(PercentEncode("a b/\xc3\xa9+%"), "a%20b%2F%C3%A9%2B%25");
  EXPECT_EQ(PercentEncode("a/b c", /*keep_slashes=*/true), "a/b%20c");
}

TEST(PercentDecode, TakesBackWhatWasEncoded) {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));

  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentDecode("100%&%4"), "100%&%4");
}

}  // namespace
}  // namespace anneal
