#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "config/dump.h"
#include "config/reader.h"
#include "config/reader_cases.h"

namespace anneal::config {
namespace {

using ::testing::HasSubstr;

class Yaml : public ::testing::TestWithParam<ReaderCase> {};

TEST_P(Yaml, IsRead) { ExpectReads(ReadYaml, GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Grammar, Yaml,
    ::testing::ValuesIn<ReaderCase>({
        {"Integers", "[1, -2, +3, 0x10, 1_000]", "[1, -2, 3, 16, 1000]"},
        {"RealsWithAPointOrAnExponent", "[0.5, 1e-3, 1., -.inf, .nan]",
         "[0.5, 0.001, 1.0, -.inf, .nan]"},
        {"Bools", "[true, False, yes, No, on, OFF]",
         "[true, false, true, false, true, false]"},
        {"Nones", "[null, ~, None, Null]", "[null, null, null, null]"},
        {"AKeyWithoutAValueIsNone", "a:\nb: 1", "{a: null, b: 1}"},
        {"QuotedScalarsAreStrings", R"(["1", 'true', "null", "1e-3"])",
         R"(["1", "true", "null", "1e-3"])"},
        {"TaggedStrings", "[!!str 1, !!str true]", R"(["1", "true"])"},
        {"WordsThatOnlyLookLikeNumbers", "[inf, nan, 1_, _1, 2024-01-01, e5]",
         R"([inf, nan, "1_", "_1", "2024-01-01", e5])"},
        {"BlockScalars", "a: |\n  x\n  y\n", "{a: \"x\\ny\\n\"}"},
        {"BlockStyle", "a:\n- b: 1\n  c: 2\n- d\n", "{a: [{b: 1, c: 2}, d]}"},
        {"NumbersAsKeys", "{1: a, 2.5: b}", "{\"1\": a, \"2.5\": b}"},
        {"AnchorsAndAliases", "a: &x {b: 1}\nc: *x", "{a: {b: 1}, c: {b: 1}}"},
        {"AMergeKeyIsOverriddenByTheDict",
         "base: &x {b: 1, c: 2}\na: {<<: *x, b: 3}",
         "{base: {b: 1, c: 2}, a: {b: 3, c: 2}}"},
        {"OfSeveralMergedTheFirstCounts", "a: {<<: [{b: 1}, {b: 2, c: 3}]}",
         "{a: {b: 1, c: 3}}"},
        {"AQuotedMergeKeyIsAKey", "{\"<<\": {b: 1}}", "{\"<<\": {b: 1}}"},
        {"ADocumentMark", "---\na: 1\n", "{a: 1}"},
        {"ABlockScalarWithoutALineBreakAtTheEnd", "a: |\n  x", "{a: x}"},
        {"ABlockScalarThatKeepsLineBreaks", "a: |+\n  x\n\n",
         "{a: \"x\\n\\n\"}"},
        {"BlanksAtTheEnd", "a: [x]\n  ", "{a: [x]}"},
        {"Comments", "a: 1  # one\n# two\n", "{a: 1}"},
        {"AnAnchorGivenAgainCountsFromThere", "[&a 1, *a, &a 2, *a]",
         "[1, 1, 2, 2]"},
        {"Directives", "%YAML 1.2\n---\na: 1\n", "{a: 1}"},
    }),
    NameOf<ReaderCase>);

class YamlError : public ::testing::TestWithParam<ReaderError> {};

TEST_P(YamlError, TellsPlaceAndRemedy) { ExpectRefuses(ReadYaml, GetParam()); }

INSTANTIATE_TEST_SUITE_P(
    Errors, YamlError,
    ::testing::ValuesIn<ReaderError>({
        {"UnclosedBracket", "a: [1, 2\nb: 3\n", "2:2", "YAML syntax"},
        {"UnclosedQuote", "a: \"x\n", "2:1", "YAML syntax"},
        {"Indentation", "a:\n  b: 1\n c: 2\n", "3:2", "indentation"},
        {"Tab", "a:\n\tb: 1\n", "2:1", "YAML syntax"},
        {"TwoColons", "a: b: c\n", "1:5", "YAML syntax"},
        {"UnknownAnchor", "a: *nothing\n", "1:4", "YAML syntax"},
        {"TheSameKeyTwice", "a: 1\nb: 2\na: 3\n", "3:1",
         "\"a\" is given twice, first at a.cfg:1:1; remove one"},
        {"AReferenceWithoutQuotes", "a: {{ _base_.x }}\n", "1:5", "quote it"},
        {"MergeOfAScalar", "a: {<<: 1}\n", "1:9", "a dict or a list of dicts"},
        {"ASecondDocument", "a: 1\n---\nb: 2\n", "2:1", "second document"},
        {"APythonTag", "a: !!python/object/apply:os.system [ls]\n", "1:4",
         "the tag tag:yaml.org,2002:python/object/apply:os.system"},
        {"AControlCharacter", "a: b\x07\n", "1:5", "a control character"},
        {"NotUtf8", "a: 1\nb: \xff\n", "2:4", "not UTF-8"},
        {"ATagOfOnesOwn", "a: !mine 1\n", "1:4", "the tag !mine"},
    }),
    NameOf<ReaderError>);

// Ten aliases a level: 10^9 values from 600 bytes.
TEST(YamlAliases, ThatMultiplyAreRefused) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 9; ++i) {
    const std::string below = absl::StrCat("*a", i - 1);
    absl::StrAppend(&text, "a", i, ": &a", i, " [", below);
    for (int j = 1; j < 10; ++j) absl::StrAppend(&text, ", ", below);
    absl::StrAppend(&text, "]\n");
  }

  const absl::StatusOr<Node> node = ReadYaml(text, "a.yaml");

  EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(node.status().message()),
              HasSubstr("aliases that refer to aliases multiply"));
}

// A hundred thousand aliases of a long string: 100 GB.
TEST(YamlAliases, OfLongTextAreRefused) {
  std::string text =
      absl::StrCat("a: &a ", std::string(1000000, 'x'), "\nb: [");
  for (int i = 0; i < 100000; ++i) absl::StrAppend(&text, "*a,");
  absl::StrAppend(&text, "]\n");

  const absl::StatusOr<Node> node = ReadYaml(text, "a.yaml");

  EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(node.status().message()),
              HasSubstr("more than 16 MiB of text"));
}

// 2^29 copies, if each were made of all that it refers to.
TEST(YamlAliases, ThatMultiplyInMergeKeysAreReadOnce) {
  std::string text = "a0: &a0 {k: {l: 1}}\n";
  for (int i = 1; i < 30; ++i) {
    absl::StrAppend(&text, "a", i, ": &a", i, " {<<: [*a", i - 1, ", *a", i - 1,
                    "]}\n");
  }

  const absl::StatusOr<Node> node = ReadYaml(text, "a.yaml");

  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(DumpFlow(*node->Find("a29")), "{k: {l: 1}}");
}

// A hundred anchors around each other would hold a hundred copies.
TEST(YamlAliases, AnchorsAroundEachOtherAreCounted) {
  std::string text;
  for (int i = 0; i < 90; ++i) absl::StrAppend(&text, "&a", i, " [");
  for (int i = 0; i < 20000; ++i) absl::StrAppend(&text, "1,");
  text += std::string(90, ']');

  const absl::StatusOr<Node> node = ReadYaml(text, "a.yaml");

  EXPECT_THAT(std::string(node.status().message()),
              HasSubstr("aliases copy more than 100,000 values"));
}

TEST(YamlAliases, ACycleIsRefused) {
  const absl::StatusOr<Node> node = ReadYaml("a: &a [*a]\n", "a.yaml");

  EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace anneal::config
