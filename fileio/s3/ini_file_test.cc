#include "fileio/s3/ini_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Pair;

TEST(ParseIni, ReadsSectionsAndValues) {
  const auto file = ParseIni(
      "# about\n"
      "[default]\n"
      "aws_access_key_id = AKIA#x;y\n"
      "AWS_secret_access_key=a=b/c+d==  ; why\n"
      "\n"
      "[ profile one ]\n"
      "empty =\n",
      "f");

  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(
      *file,
      ElementsAre(Pair("default",
                       ElementsAre(Pair("aws_access_key_id", "AKIA#x;y"),
                                   Pair("aws_secret_access_key", "a=b/c+d=="))),
                  Pair("profile one", ElementsAre(Pair("empty", "")))));
}

TEST(ParseIni, NamesNestedValuesByBoth) {
  const auto file = ParseIni(
      "[default]\ns3 =\n  addressing_style = path\n\tb = c\nregion = x\n", "f");

  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(
      file->at("default"),
      ElementsAre(Pair("region", "x"), Pair("s3", ""),
                  Pair("s3.addressing_style", "path"), Pair("s3.b", "c")));
}

TEST(ParseIni, TakesWindowsFiles) {
  const auto file = ParseIni("\xef\xbb\xbf[a]\r\nb = c\r\n\r\n", "f");

  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(*file, ElementsAre(Pair("a", ElementsAre(Pair("b", "c")))));
}

TEST(ParseIni, IsEmptyForAnEmptyFile) {
  EXPECT_THAT(*ParseIni("", "f"), IsEmpty());
  EXPECT_THAT(*ParseIni("# nothing\n", "f"), IsEmpty());
}

struct Wrong {
  const char* name;
  const char* text;
  const char* words;
};

class ParseIniTest : public ::testing::TestWithParam<Wrong> {};

TEST_P(ParseIniTest, NamesTheLineAndNotItsText) {
  const absl::Status status = ParseIni(GetParam().text, "/home/f").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr(GetParam().words));
  EXPECT_THAT(status.message(), Not(HasSubstr("secret")));
}

INSTANTIATE_TEST_SUITE_P(
    All, ParseIniTest,
    ::testing::Values(
        Wrong{"NoEquals", "[a]\nb = c\nsecret\n", "/home/f:3: neither"},
        Wrong{"NoName", "[a]\n= secret\n", "/home/f:2: neither"},
        Wrong{"NoSection", "\nb = secret\n", "/home/f:2: a value before"},
        Wrong{"OpenSection", "[secret\n", "/home/f:1: a section's name ends"},
        Wrong{"SectionTwice", "[secret]\n[b]\n[secret]\n",
              "/home/f:3: a section that was there before"},
        Wrong{"NameTwice", "[a]\nb = secret\nB = secret2\n",
              "/home/f:3: a name that the section has already"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace anneal
