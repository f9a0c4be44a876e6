#include "config/override.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "config/dump.h"
#include "config/dump_python.h"
#include "config/limits.h"
#include "config/reader.h"

namespace anneal::config {
namespace {

using ::testing::HasSubstr;

Node Read(const std::string& text) {
  absl::StatusOr<Node> node = ReadYaml(text, "a.yaml");
  EXPECT_TRUE(node.ok()) << node.status();
  return node.ok() ? *std::move(node) : Node();
}

Node Golden() {
  std::ifstream file("config/override_golden.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  absl::StatusOr<Node> golden = ReadJson(text, "override_golden.json");
  EXPECT_TRUE(golden.ok()) << golden.status();
  return golden.ok() ? *std::move(golden) : Node();
}

Node Value(absl::string_view text) {
  return ParseOverrideValue(
      text, {std::make_shared<const std::string>("--cfg-options"), 0, 0});
}

TEST(OverrideValue, IsMmengines) {
  const Node golden = Golden();
  const auto& cases = *golden.Find("values")->get_if<Node::List>();
  ASSERT_EQ(cases.size(), 56u);
  for (const Node& one : cases) {
    const std::string& text = *one.Find("text")->get_if<std::string>();
    EXPECT_TRUE(SameContent(Value(text), *one.Find("value")))
        << text << ": " << DumpFlow(Value(text)) << ", mmengine "
        << DumpFlow(*one.Find("value"));
    // Tells tuples from lists.
    const std::string& repr = *one.Find("repr")->get_if<std::string>();
    // Python can't read inf, and has integers beyond 64 bits.
    if (absl::StrContains(repr, "inf") || text.size() == 20) continue;
    EXPECT_EQ(PrettyText(Value(text)), repr + "\n") << text;
  }
}

struct Case {
  const char* name;
  const char* text;
  const char* flow;
};

class BeyondMmengine : public ::testing::TestWithParam<Case> {};

TEST_P(BeyondMmengine, IsParsed) {
  EXPECT_EQ(DumpFlow(Value(GetParam().text)), GetParam().flow);
}

INSTANTIATE_TEST_SUITE_P(
    Grammar, BeyondMmengine,
    ::testing::ValuesIn<Case>({
        {"QuotesKeepAString", "'5'", "\"5\""},
        {"DoubleQuotesKeepAString", "\"true\"", "\"true\""},
        {"QuotedItems", "['1',\"a,b\",2]", "[\"1\", \"a,b\", 2]"},
        {"SpacesStay", "hello world", "hello world"},
        {"SpacesAroundDoNot", "  5 ", "5"},
        {"Null", "null", "null"},
        {"Hex", "0x10", "16"},
        {"ADict", "{a: 1, b: [x]}", "{a: 1, b: [x]}"},
        {"DictsInAList", "[{a: 1},{b: 2}]", "[{a: 1}, {b: 2}]"},
        {"WhatIsNoDictIsAString", "{a: [}", "\"{a: [}\""},
        {"ListsWithoutOuterBrackets", "[1,2],[3,4]", "[[1, 2], [3, 4]]"},
        {"AnUnclosedBracketIsAString", "[1,2", "\"[1,2\""},
        {"AnApostropheIsText", "it's", "\"it's\""},
    }),
    [](const auto& info) { return info.param.name; });

TEST(OverrideValue, OfManyBracketsIsBounded) {
  const Node value = Value(std::string(100000, '[') + std::string(100000, ']'));

  EXPECT_THAT(CheckLimits(value).message(), HasSubstr("nested too deeply"));
}

TEST(ApplyOverride, IsMmengines) {
  const Node golden = Golden();
  const auto& cases = *golden.Find("configs")->get_if<Node::List>();
  ASSERT_EQ(cases.size(), 14u);
  for (const Node& one : cases) {
    SCOPED_TRACE(*one.Find("name")->get_if<std::string>());
    Node config = *one.Find("config");
    absl::Status status;
    for (const Node& option : *one.Find("options")->get_if<Node::List>()) {
      status.Update(ApplyOverride(*option.get_if<std::string>(), &config));
    }

    const Node& expected = *one.Find("after");
    EXPECT_EQ(status.ok(), !expected.is_none()) << status;
    if (status.ok()) {
      EXPECT_TRUE(SameContent(config, expected)) << DumpFlow(config);
    }
  }
}

TEST(ApplyOverride, ReplacesAnElementOfAList) {
  Node config = Read("p: [1, 2]");

  ASSERT_TRUE(ApplyOverride("p.1=x", &config).ok());

  EXPECT_EQ(DumpFlow(config), "{p: [1, x]}");
}

TEST(ApplyOverride, MakesADictOfANone) {
  Node config = Read("a:");

  ASSERT_TRUE(ApplyOverride("a.b.c=1", &config).ok());

  EXPECT_EQ(DumpFlow(config), "{a: {b: {c: 1}}}");
}

TEST(ApplyOverride, IsTheValuesPlace) {
  Node config = Read("{a: {b: 1}}");

  ASSERT_TRUE(ApplyOverride("a.b=2", &config).ok());

  EXPECT_EQ(config.Find("a")->Find("b")->place.ToString(),
            "--cfg-options a.b=2");
  EXPECT_EQ(config.Find("a")->place.ToString(), "a.yaml:1:5");
}

struct ErrorCase {
  const char* name;
  const char* assignment;
  const char* message;
};

class OverrideError : public ::testing::TestWithParam<ErrorCase> {};

TEST_P(OverrideError, ShowsWhatIsThere) {
  Node config = Read("{lr: 0.1, p: [{x: 1}, 2], m: {a: 1}}");

  const absl::Status status = ApplyOverride(GetParam().assignment, &config);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            absl::StrCat("--cfg-options ", GetParam().assignment, ": ",
                         GetParam().message));
  EXPECT_EQ(DumpFlow(config), "{lr: 0.1, p: [{x: 1}, 2], m: {a: 1}}");
}

INSTANTIATE_TEST_SUITE_P(
    Errors, OverrideError,
    ::testing::ValuesIn<ErrorCase>({
        {"NoEquals", "m.a",
         "an override is KEY=VALUE, as in optim_wrapper.optimizer.lr=0.1"},
        {"NoKey", "=1",
         "an override is KEY=VALUE, as in optim_wrapper.optimizer.lr=0.1"},
        {"EmptyKey", "m..a=1", "a key in the path is empty"},
        {"Index", "p.2=1", "\"2\" is not there: p is a list of 2"},
        {"NegativeIndex", "p.-1=1", "\"-1\" is not there: p is a list of 2"},
        {"WordIntoAList", "p.x=1", "\"x\" is not there: p is a list of 2"},
        {"ThroughAScalar", "lr.x=1", "\"x\" is not there: lr is a number"},
        {"DeepThroughAScalar", "p.0.x.y=1",
         "\"y\" is not there: p.0.x is an integer"},
        {"DeleteIsNoBool", "m._delete_=2", "_delete_ is true or false"},
    }),
    [](const auto& info) { return info.param.name; });

TEST(ApplyOverride, RefusesAPathOfThousandsOfKeys) {
  Node config = Read("a: 1");
  std::string path = "b";
  for (int i = 0; i < 100000; ++i) path += ".b";

  const absl::Status status = ApplyOverride(path + "=1", &config);

  EXPECT_THAT(std::string(status.message()), HasSubstr("nested too deeply"));
}

TEST(ParseOverrideValue, NeedsNoPlace) {
  EXPECT_EQ(DumpFlow(ParseOverrideValue("{a: 1}", Place())), "{a: 1}");
}

TEST(FindChild, TakesKeysAndIndices) {
  const Node config = Read("{p: [1, 2]}");
  const Node* list = FindChild(config, "p");

  ASSERT_NE(list, nullptr);
  EXPECT_EQ(DumpFlow(*FindChild(*list, "1")), "2");
  EXPECT_EQ(FindChild(*list, "2"), nullptr);
  EXPECT_EQ(FindChild(*list, "x"), nullptr);
  EXPECT_EQ(FindChild(config, "x"), nullptr);
}

}  // namespace
}  // namespace anneal::config
