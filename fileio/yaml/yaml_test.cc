#include "fileio/yaml/yaml.h"

#include <ATen/ops/arange.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "fileio/json/json.h"
#include "fileio/json/json_reader.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// The lines of that kind, each a list.
std::vector<Value::List> Golden(const std::string& kind) {
  std::vector<Value::List> lines;
  std::ifstream golden("fileio/yaml/yaml_golden.txt");
  std::string line;
  while (std::getline(golden, line)) {
    Value::List list = *FromJson(line)->get_if<Value::List>();
    if (*list[0].get_if<std::string>() == kind) lines.push_back(list);
  }
  return lines;
}

TEST(FromYaml, EqualsPyYaml) {
  const auto lines = Golden("load");
  for (const Value::List& line : lines) {
    const std::string& text = *line[1].get_if<std::string>();
    const absl::StatusOr<Value> value = FromYaml(text);
    EXPECT_EQ(value.ok() ? ToJson(*value) : "error",
              *line[2].get_if<std::string>())
        << text;
  }
  EXPECT_GT(lines.size(), 100);
}

// `dict` with the integers that its keys spell.
Dict WithIntegerKeys(const Dict& dict) {
  Dict result;
  for (const auto& [key, value] : dict) {
    int64_t integer = 0;
    EXPECT_TRUE(absl::SimpleAtoi(KeyString(key), &integer));
    result.Set(integer, value);
  }
  return result;
}

TEST(ToYaml, EqualsPyYamlAndReadsBack) {
  const auto lines = Golden("dump");
  for (const Value::List& line : lines) {
    Value value = line[1];
    if (*line[3].get_if<bool>()) value = WithIntegerKeys(*value.get_if<Dict>());
    const absl::StatusOr<std::string> text = ToYaml(value);
    ASSERT_TRUE(text.ok()) << text.status();
    EXPECT_EQ(*text, *line[2].get_if<std::string>()) << ToJson(value);
    const absl::StatusOr<Value> again = FromYaml(*text);
    ASSERT_TRUE(again.ok()) << *text << again.status();
    EXPECT_EQ(*ToYaml(*again), *text);
  }
  EXPECT_GT(lines.size(), 80);
}

TEST(ToYaml, WritesTensorsAsListsAndBytesAsBase64) {
  EXPECT_EQ(*ToYaml(at::arange(4, at::kLong).view({2, 2})),
            "- - 0\n  - 1\n- - 2\n  - 3\n");
  EXPECT_EQ(*ToYaml(Dict{{"a", Value::Bytes{"hi"}}}),
            "a: !!binary |\n    aGk=\n");
  EXPECT_EQ(FromYaml(*ToYaml(Dict{{"a", Value::Bytes{"hi"}}}))
                ->get_if<Dict>()
                ->Find("a")
                ->get_if<Value::Bytes>()
                ->data,
            "hi");
}

TEST(ToYaml, RefusesWhatNoReaderTakes) {
  const absl::Status latin1 = ToYaml("caf\xe9").status();
  const absl::Status key = ToYaml(Dict{{std::string(2000, 'x'), 1}}).status();
  const absl::Status escapes =
      ToYaml(Dict{{std::string(500, '\x01'), 1}}).status();

  EXPECT_EQ(latin1.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(latin1.message()), HasSubstr("caf\\xe9"));
  EXPECT_EQ(key.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(key.message()), HasSubstr("a key of 2000 bytes"));
  EXPECT_EQ(escapes.code(), absl::StatusCode::kInvalidArgument);
}

TEST(FromYaml, ReadsEveryEscape) {
  EXPECT_EQ(*FromYaml(R"("\N\_\L\P\xe9\u4e2d")")->get_if<std::string>(),
            "\u0085\u00a0\u2028\u2029\u00e9\u4e2d");
}

TEST(FromYaml, ReadsAliasesOfKeysAndTexts) {
  EXPECT_EQ(ToJson(*FromYaml("- &a k\n- {*a : *a}\n- *a")),
            R"(["k", {"k": "k"}, "k"])");
}

struct Broken {
  const char* name;
  std::string text;
  const char* words;
};

class BrokenYaml : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenYaml, SaysWhatAndWhere) {
  const absl::Status status = FromYaml(GetParam().text).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    FromYaml, BrokenYaml,
    ::testing::Values(
        Broken{"Syntax", "a: 1\nb: [1",
               "while parsing a flow sequence from line 2, column 4"},
        Broken{"Object", "a: !!python/object/apply:os.system [ls]",
               "line 1, column 4: the tag"},
        Broken{"Key", "[1]: a", "a key must be a text or an integer"},
        Broken{"RealKey", "1.5: a", "a key must be a text or an integer"},
        Broken{"Integer", "a: 99999999999999999999",
               "an integer beyond 64 bits"},
        Broken{"Documents", "--- 1\n--- 2\n", "a second document"},
        Broken{"AfterTheEnd", "[1] 2", "no YAML"},
        Broken{"OpenQuotes", "a: \"b", "no YAML: line 1"},
        Broken{"Control", "a: 1\nb: \x07", "no YAML: line 2, column 4"},
        Broken{"ListOfText", "!!str [1]", "a list is no !!str"},
        Broken{"DeepAlias",
               "- &a " + std::string(60, '[') + std::string(60, ']') + "\n- " +
                   std::string(60, '[') + "*a" + std::string(60, ']'),
               "deeper than 100"},
        Broken{"BadTag", "!:, d\"y\\n\"}\ne:ext\n-0x1F}\n", "no YAML"},
        Broken{"Merge", "<<: 1", "<< takes a dict"},
        Broken{"Binary", "!!binary \"*\"", "no base64"},
        Broken{"Latin1", "a: caf\xe9", "not UTF-8"},
        Broken{"Deep", std::string(200, '[') + std::string(200, ']'),
               "deeper than 100"},
        Broken{"VeryDeep", std::string(100000, '['), "no YAML"},
        Broken{"Cycle", "&a [*a]", "no anchor &a ends before"}),
    [](const auto& info) { return info.param.name; });

TEST(FromYaml, StopsAtABombOfAliases) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    absl::StrAppend(&text, "a", i, ": &a", i, " [");
    for (int j = 0; j < 10; ++j) absl::StrAppend(&text, "*a", i - 1, ", ");
    text += "]\n";
  }
  const absl::Status status = FromYaml(text).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("aliases of aliases multiply"));
}

}  // namespace
}  // namespace anneal
