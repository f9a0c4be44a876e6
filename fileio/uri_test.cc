#include "fileio/uri.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(SchemeLength, IsOfALeadingSchemeOnly) {
  EXPECT_EQ(SchemeLength("s3://b/a"), 5);
  EXPECT_EQ(SchemeLength("a+b.c-d1://"), 11);
  EXPECT_EQ(SchemeLength("cluster:s3://b/a"), 13);
  for (const char* local :
       {"", "a", "/a/b", "a/http://b", "1s://b", "://b", "a b://c", "a:/b"}) {
    EXPECT_EQ(SchemeLength(local), 0) << local;
  }
}

struct Redaction {
  const char* name;
  const char* uri;
  const char* shown;
};

class RedactUriTest : public ::testing::TestWithParam<Redaction> {};

TEST_P(RedactUriTest, HidesWhatMayBeSecret) {
  EXPECT_EQ(RedactUri(GetParam().uri), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    All, RedactUriTest,
    ::testing::Values(
        Redaction{"Plain", "http://h:80/a/b", "http://h:80/a/b"},
        Redaction{"UserInfo", "http://ann:secret@h/a", "http://h/a"},
        Redaction{"AtInTheWord", "http://ann:se@cret@h/a", "http://h/a"},
        Redaction{"SlashInTheWord", "http://ann:se/cret@h/a", "http://h/a"},
        Redaction{"QuestionInTheWord", "http://ann:se?cret@h/a", "http://h/a"},
        Redaction{"HashInTheWord", "http://ann:se#cret@h/a", "http://h/a"},
        Redaction{"SlashInTheWordWithoutScheme", "ann:se/cret@h", "h"},
        Redaction{"NoScheme", "//ann:secret@h/a?b=c", "//h/a?b=***"},
        Redaction{"SchemeInTheWord", "http://ann:x://y@h/a", "http://h/a"},
        Redaction{"UrlInTheQuery", "a?u=http://ann:secret@h", "a?u=***"},
        Redaction{"AtInTheQuery", "https://h:80/a?b=c@d",
                  "https://h:80/a?b=***"},
        Redaction{"Signature",
                  "https://h/a?X-Amz-Signature=secret&X-Amz-Date=1#secret",
                  "https://h/a?X-Amz-Signature=***&X-Amz-Date=***"},
        Redaction{"BareQuery", "https://h/a?secret", "https://h/a?***"},
        Redaction{"AtInThePath", "s3://b/a@2x.png", "s3://b/a@2x.png"},
        Redaction{"Empty", "", ""}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ShownPath, KeepsLocalPaths) {
  EXPECT_EQ(ShownPath("a@b/c?d=e#f"), "a@b/c?d=e#f");
  EXPECT_EQ(ShownPath("https://u:p@h/c?d=e#f"), "https://h/c?d=***");
}

TEST(CheckIsLocal, RefusesAUriWithoutItsSecrets) {
  EXPECT_TRUE(CheckIsLocal("a/b").ok());
  const absl::Status status = CheckIsLocal("s3://ann:secret@b/a");

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("s3://b/a as a local file"));
  EXPECT_THAT(status.message(), HasSubstr("fileio::OpenOutput"));
  EXPECT_THAT(status.message(), Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace anneal
