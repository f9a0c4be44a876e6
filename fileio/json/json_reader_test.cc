#include "fileio/json/json_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "fileio/json/json.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

TEST(FromJson, ReadsWhatPythonReads) {
  std::ifstream golden("fileio/json/json_reader_golden.txt");
  std::string line;
  int num_lines = 0;
  while (std::getline(golden, line)) {
    const size_t tab = line.find('\t');
    const std::string text = line.substr(0, tab);
    const std::string expected = line.substr(tab + 1);
    const absl::StatusOr<Value> value = FromJson(text);
    EXPECT_EQ(value.ok() ? ToJson(*value) : "error", expected) << text;
    ++num_lines;
  }
  EXPECT_GT(num_lines, 50);
}

TEST(FromJson, TellsIntegersFromReals) {
  EXPECT_NE(FromJson("1")->get_if<int64_t>(), nullptr);
  EXPECT_NE(FromJson("1.0")->get_if<double>(), nullptr);
  EXPECT_NE(FromJson("1e0")->get_if<double>(), nullptr);
}

TEST(FromJson, SkipsAByteOrderMark) {
  EXPECT_EQ(*FromJson("\xEF\xBB\xBF 1")->get_if<int64_t>(), 1);
}

TEST(FromJson, ReadsAThousandLevels) {
  const std::string deep(1000, '[');
  EXPECT_TRUE(FromJson(deep + "1" + std::string(1000, ']')).ok());
}

struct Broken {
  const char* name;
  std::string text;
  const char* words;
};

class BrokenJson : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenJson, SaysWhatAndWhere) {
  const absl::Status status = FromJson(GetParam().text).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    FromJson, BrokenJson,
    ::testing::Values(
        Broken{"Empty", "", "line 1, column 1: the text ends where"},
        Broken{"NoComma", "[1,\r\n 2 3]", "line 2, column 4: expected \",\""},
        Broken{"NoColon", "{\"a\" 1}", "line 1, column 6: expected \":\""},
        Broken{"NoKey", "{1: 2}", "expected a key in double quotes"},
        Broken{"NoEnd", "{\"a\": 1", "expected \",\" or \"}\""},
        Broken{"Control", "\"a\nb\"", "column 3: a control character"},
        Broken{"Escape", "\"\\x\"", "no escape that JSON has"},
        Broken{"Surrogate", "\"\\ud800\"", "half of a surrogate pair"},
        Broken{"LargeInteger", "9223372036854775808", "beyond 64 bits"},
        Broken{"Latin1", "\"caf\xe9\"", "it is not UTF-8"},
        Broken{"More", "1 2", "column 3: nothing may follow"},
        Broken{"Nul", std::string("[1\0]", 4), "column 3: expected"},
        Broken{"Deep", std::string(100000, '['), "nested deeper than 1000"},
        Broken{"DeepDicts",
               [] {
                 std::string text;
                 for (int i = 0; i < 10000; ++i) text += "{\"a\":";
                 return text;
               }(),
               "nested deeper than 1000"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
