// What holds for every syntax.
#include "config/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/dump.h"
#include "config/limits.h"

namespace anneal::config {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Repeated(absl::string_view text, int times) {
  std::string result;
  for (int i = 0; i < times; ++i) absl::StrAppend(&result, text);
  return result;
}

struct Syntax {
  const char* name;
  absl::StatusOr<Node> (*read)(absl::string_view, const std::string&);
  const char* small;  // {a: 1, b: [true, x]} on three lines
  std::string (*nested)(int depth);
  std::string (*long_list)(int size);
  std::string (*long_dict)(int size);
  const char* null_file;
};

void PrintTo(const Syntax& syntax, std::ostream* out) { *out << syntax.name; }

const Syntax kSyntaxes[] = {
    {"Yaml", ReadYaml, "# comment\na: 1\nb: [true, x]\n",
     [](int depth) {
       return absl::StrCat("a: ", Repeated("[", depth), Repeated("]", depth));
     },
     [](int size) { return absl::StrCat("a: [", Repeated("1,", size), "]"); },
     [](int size) {
       std::string text;
       for (int i = 0; i < size; ++i) absl::StrAppend(&text, "k", i, ": 1\n");
       return text;
     },
     "# nothing\n"},
    {"Json", ReadJson, "{\n\"a\": 1,\n\"b\": [true, \"x\"]}\n",
     [](int depth) {
       return absl::StrCat("{\"a\": ", Repeated("[", depth),
                           Repeated("]", depth), "}");
     },
     [](int size) {
       return absl::StrCat("{\"a\": [", Repeated("1,", size), "1]}");
     },
     [](int size) {
       std::string text = "{";
       for (int i = 0; i < size; ++i) {
         absl::StrAppend(&text, i ? "," : "", "\"k", i, "\":1");
       }
       return text + "}";
     },
     " \n"},
    {"Textproto", ReadTextproto, "# comment\na: 1\nb: [true, \"x\"]\n",
     [](int depth) {
       return absl::StrCat("a: ", Repeated("[", depth), "1",
                           Repeated("]", depth));
     },
     [](int size) { return absl::StrCat("a: [", Repeated("1,", size), "1]"); },
     [](int size) {
       std::string text;
       for (int i = 0; i < size; ++i) absl::StrAppend(&text, "k", i, ": 1\n");
       return text;
     },
     "# nothing\n"},
};

class Reader : public ::testing::TestWithParam<Syntax> {
 protected:
  absl::StatusOr<Node> Read(const std::string& text) const {
    return GetParam().read(text, "run.cfg");
  }
};

TEST_P(Reader, GivesTheTree) {
  const absl::StatusOr<Node> node = Read(GetParam().small);

  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(DumpFlow(*node), "{a: 1, b: [true, x]}");
}

TEST_P(Reader, TellsWhereEachValueIs) {
  const absl::StatusOr<Node> node = Read(GetParam().small);

  ASSERT_TRUE(node.ok()) << node.status();
  const bool is_json = GetParam().read == ReadJson;
  EXPECT_EQ(node->Find("a")->place.ToString(),
            is_json ? "run.cfg:2:6" : "run.cfg:2:4");
  EXPECT_EQ((*node->Find("b")->get_if<Node::List>())[1].place.ToString(),
            is_json ? "run.cfg:3:13" : "run.cfg:3:11");
  EXPECT_EQ(node->get_if<Node::Map>()->at(1).place.ToString(), "run.cfg:3:1");
}

TEST_P(Reader, TakesAnEmptyFileForAnEmptyDict) {
  for (const std::string text : {"", GetParam().null_file}) {
    const absl::StatusOr<Node> node = Read(text);

    ASSERT_TRUE(node.ok()) << node.status();
    EXPECT_EQ(DumpFlow(*node), "{}");
    EXPECT_THAT(node->place.ToString(), StartsWith("run.cfg:"));
  }
}

TEST_P(Reader, TakesADepthOfAHundred) {
  EXPECT_TRUE(Read(GetParam().nested(99)).ok());
}

TEST_P(Reader, RefusesToNestDeeper) {
  for (const int depth : {101, 100000}) {
    const absl::StatusOr<Node> node = Read(GetParam().nested(depth));

    EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(node.status().message()), StartsWith("run.cfg:1:"));
    EXPECT_THAT(std::string(node.status().message()),
                HasSubstr("nested too deeply"));
  }
}

TEST_P(Reader, RefusesMoreThanAMillionValues) {
  const absl::StatusOr<Node> node = Read(GetParam().long_list(kMaxTreeSize));

  EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(node.status().message()),
              HasSubstr("more than a million values"));
}

TEST_P(Reader, RefusesALongerFile) {
  const absl::StatusOr<Node> node = Read(std::string(kMaxTextSize + 1, '#'));

  EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(node.status().message(), "run.cfg:1:1: more than 16 MiB");
}

// A search for every key would take minutes.
TEST_P(Reader, TakesADictOfManyKeys) {
  const absl::StatusOr<Node> node = Read(GetParam().long_dict(200000));

  ASSERT_TRUE(node.ok()) << node.status();
  EXPECT_EQ(node->get_if<Node::Map>()->size(), 200000u);
}

INSTANTIATE_TEST_SUITE_P(Syntaxes, Reader, ::testing::ValuesIn(kSyntaxes),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal::config
