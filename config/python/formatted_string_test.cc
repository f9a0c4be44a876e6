#include "config/python/formatted_string.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"

namespace anneal::config::python {
namespace {

using ::testing::HasSubstr;

// "text<expression!c:spec>text".
std::string Split(absl::string_view body, bool is_spec = false) {
  const auto fields = SplitFormatted(body, is_spec, Place());
  if (!fields.ok()) return std::string(fields.status().message());
  std::string shown;
  for (const FormattedField& field : *fields) {
    absl::StrAppend(&shown, field.text);
    if (!field.expression) continue;
    absl::StrAppend(&shown, "<", *field.expression);
    if (field.conversion != '\0') {
      absl::StrAppend(&shown, "!", std::string(1, field.conversion));
    }
    if (field.spec) absl::StrAppend(&shown, ":", *field.spec);
    absl::StrAppend(&shown, ">");
  }
  return shown;
}

struct Case {
  const char* name;
  const char* body;
  const char* shown;
};

void PrintTo(const Case& one, std::ostream* out) { *out << one.name; }

class SplitFormattedTest : public ::testing::TestWithParam<Case> {};

TEST_P(SplitFormattedTest, FindsTheFields) {
  EXPECT_EQ(Split(GetParam().body), GetParam().shown);
}

INSTANTIATE_TEST_SUITE_P(
    Table, SplitFormattedTest,
    ::testing::Values(Case{"Empty", "", ""}, Case{"Text", "a b", "a b"},
                      Case{"Fields", "a{b}{c}d", "a<b><c>d"},
                      Case{"Braces", "{{a}} {{{b}}}", "{a} {<b>}"},
                      Case{"Brackets", "{a[b:c]}{d(':')}", "<a[b:c]><d(':')>"},
                      Case{"Dict", "{ {1: 2}[1] }", "< {1: 2}[1] >"},
                      Case{"Quotes", "{a['}']}", "<a['}']>"},
                      Case{"Compared", "{a != b}{a == b}{a <= b}{a >= b}",
                           "<a != b><a == b><a <= b><a >= b>"},
                      Case{"Named", "{dict(a=1)}", "<dict(a=1)>"},
                      Case{"Conversion", "{a!r}{b!s:>4}", "<a!r><b!s:>4>"},
                      Case{"Spec", "{a:.3f}{b:}", "<a:.3f><b:>"},
                      Case{"FieldInASpec", "{a:{b}.{c!r}f}d",
                           "<a:{b}.{c!r}f>d"}),
    [](const auto& info) { return info.param.name; });

class SplitFormattedError : public ::testing::TestWithParam<Case> {};

TEST_P(SplitFormattedError, Says) {
  EXPECT_THAT(Split(GetParam().body), HasSubstr(GetParam().shown));
}

INSTANTIATE_TEST_SUITE_P(
    Table, SplitFormattedError,
    ::testing::Values(Case{"Open", "{a", "isn't closed"},
                      Case{"OpenInAString", "{'a}", "isn't closed"},
                      Case{"OpenInASpec", "{a:{b}", "isn't closed"},
                      Case{"OpenBehindAConversion", "{a!r", "isn't closed"},
                      Case{"LongConversion", "{a!rs}", "isn't closed"},
                      Case{"Closed", "a}", "closes nothing"},
                      Case{"Nothing", "{ }", "holds nothing"},
                      Case{"Equals", "{a=}", "write f\"x={x}\""},
                      Case{"Backslash", "{'\\n'}", "backslash"},
                      Case{"Comment", "{a#b}", "backslash or \"#\""},
                      Case{"NoConversion", "{a!}", "r, s or a"},
                      Case{"AnotherConversion", "{a!q}", "r, s or a"}),
    [](const auto& info) { return info.param.name; });

TEST(SplitFormatted, TakesNoDoubledBraceInASpec) {
  EXPECT_EQ(Split("{a}", /*is_spec=*/true), "<a>");
  EXPECT_EQ(Split("{{a}}", /*is_spec=*/true), "<{a}>");
}

}  // namespace
}  // namespace anneal::config::python
