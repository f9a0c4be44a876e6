#include "config/dump.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "config/fake_components.h"
#include "config/lower.h"
#include "config/override.h"
#include "config/reader.h"
#include "config/test_schema.pb.h"

namespace anneal::config {
namespace {

using ::google::protobuf::util::MessageDifferencer;
using ::testing::HasSubstr;

constexpr char kEverything[] =
    "{a: 1, b: -2.5, c: [1, 2, [3]], d: {e: null, f: {g: x}}, h: [], i: {}, "
    "j: [{k: 1, l: {m: 2}}, {n: [true, {o: 1}]}, {}, [], [[{p: 1}]], 5], "
    "q: [.inf, -.inf, 1e-05, 1e+20]}";

Node Read(const std::string& text) {
  absl::StatusOr<Node> node = ReadYaml(text, "a.yaml");
  EXPECT_TRUE(node.ok()) << node.status();
  return node.ok() ? *std::move(node) : Node();
}

TEST(DumpYaml, IsBlockStyleWithFlowLists) {
  EXPECT_EQ(DumpYaml(Read("{a: {b: 1, c: [1, 2]}, d: [{e: 1, f: x}, {g: 2}]}")),
            "a:\n"
            "  b: 1\n"
            "  c: [1, 2]\n"
            "d:\n"
            "  - e: 1\n"
            "    f: x\n"
            "  - g: 2\n");
}

TEST(DumpYaml, ReadsBackAsTheSameTree) {
  const Node node = Read(kEverything);

  const absl::StatusOr<Node> back = ReadYaml(DumpYaml(node), "dump.yaml");

  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(SameContent(*back, node)) << DumpYaml(node);
}

TEST(DumpYaml, OfAnEmptyDictReadsBack) {
  EXPECT_EQ(DumpYaml(Node(Node::Map(), Place())), "{}\n");
}

TEST(DumpJson, IsIndentedByTwo) {
  EXPECT_EQ(DumpJson(Read("{a: {b: 1}, c: [1.5, x], d: [], e: {}}")),
            "{\n"
            "  \"a\": {\n"
            "    \"b\": 1\n"
            "  },\n"
            "  \"c\": [\n"
            "    1.5,\n"
            "    \"x\"\n"
            "  ],\n"
            "  \"d\": [],\n"
            "  \"e\": {}\n"
            "}\n");
}

TEST(DumpJson, ReadsBackAsTheSameTree) {
  const Node node = Read(kEverything);

  const absl::StatusOr<Node> back = ReadJson(DumpJson(node), "dump.json");

  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(SameContent(*back, node)) << DumpJson(node);
}

// Strings that YAML would take for something else, and every ASCII character.
TEST(Dump, StringsStayStringsInEverySyntax) {
  Node::List texts;
  auto add = [&](std::string text) {
    texts.emplace_back(std::move(text), Place());
  };
  for (const char* text : {"",
                           " ",
                           "yes",
                           "No",
                           "on",
                           "null",
                           "~",
                           "None",
                           "true",
                           "1",
                           "1.5",
                           "1e3",
                           ".inf",
                           "0x10",
                           "a: b",
                           "a:",
                           "a #b",
                           "a#b",
                           "-a",
                           "- a",
                           "?a",
                           "a, b",
                           "[a]",
                           "{a}",
                           "a]",
                           "&a",
                           "*a",
                           "!a",
                           "|",
                           ">",
                           "%a",
                           "@a",
                           "`a`",
                           "'a'",
                           "\"a\"",
                           "a\\b",
                           " a",
                           "a ",
                           "a\nb",
                           "a\tb",
                           "<<",
                           "---",
                           "...",
                           "http://h:80/p?q=1",
                           "work_dirs/a-b_c.pth",
                           "a=b",
                           "\u00e9t\u00e9",
                           "\u0080",
                           "\u0085 \u009f",
                           "a\u2028b\u2029",
                           "a\u2028b",
                           "a\u0085b",
                           "\ufeffa",
                           "\uffff",
                           "\u00a0\u00c2",
                           "a?b",
                           "y",
                           "{{ _base_.a }}",
                           "${HOME}",
                           "x'y",
                           "key: [1"}) {
    add(text);
  }
  for (int c = 1; c < 128; ++c) add(absl::StrCat("a", std::string(1, c), "b"));
  for (int c = 1; c < 128; ++c) add(std::string(1, c));
  Node dict{Node::Map(), Place()};
  for (const Node& text : texts) dict.Set(*text.get_if<std::string>(), text);
  const Node node(Node::List{Node(texts, Place()), dict}, Place());

  const absl::StatusOr<Node> yaml = ReadYaml(DumpYaml(node), "dump.yaml");
  const absl::StatusOr<Node> flow = ReadYaml(DumpFlow(node), "dump.yaml");
  const absl::StatusOr<Node> json = ReadJson(DumpJson(node), "dump.json");

  ASSERT_TRUE(yaml.ok()) << yaml.status();
  EXPECT_TRUE(SameContent(*yaml, node));
  ASSERT_TRUE(flow.ok()) << flow.status();
  EXPECT_TRUE(SameContent(*flow, node));
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_TRUE(SameContent(*json, node));
}

// YAML's limit for a key that stands by itself is 1024 characters.
TEST(DumpYaml, OfALongKeyReadsBack) {
  const std::string key = std::string(2000, 'k') + ": x";
  Node inner{Node::Map(), Place()};
  inner.Set(key, Node(int64_t{1}, Place()));
  Node node{Node::Map(), Place()};
  node.Set(key, inner);
  node.Set("flow", Node(Node::List{Node(Node::List{inner}, Place())}, Place()));
  node.Set("block", Node(Node::List{inner}, Place()));

  for (const std::string& text : {DumpYaml(node), DumpFlow(node)}) {
    const absl::StatusOr<Node> back = ReadYaml(text, "dump.yaml");

    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_TRUE(SameContent(*back, node));
  }
}

TEST(DumpYamlWithProvenance, TellsEachValuesPlace) {
  Node node = Read("a: 1\nb:\n  c: [1, 2]\n  d: x\n");
  ASSERT_TRUE(ApplyOverride("b.d=y", &node).ok());

  EXPECT_EQ(DumpYamlWithProvenance(node),
            "a: 1                                    # a.yaml:1:4\n"
            "b:\n"
            "  c: [1, 2]                             # a.yaml:3:6\n"
            "  d: y                                  # --cfg-options b.d=y, "
            "over x at a.yaml:4:6\n");
}

TEST(DumpYamlWithProvenance, ReadsBackThoughAnOverrideHasLineBreaks) {
  Node node = Read("a: 1");
  ASSERT_TRUE(ApplyOverride("a=x\nb: 2", &node).ok());

  const absl::StatusOr<Node> back =
      ReadYaml(DumpYamlWithProvenance(node), "dump.yaml");

  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_TRUE(SameContent(*back, node));
}

TEST(Described, IsKindAndValue) {
  EXPECT_EQ(Described(Node()), "none");
  EXPECT_EQ(Described(Read("[1, x]")), "a list: [1, x]");
}

TEST(Described, CutsBetweenCharacters) {
  const Node node(std::string(39, 'a') + "\u00e9\u00e9", Place());

  EXPECT_EQ(Described(node),
            absl::StrCat("a string: ", std::string(39, 'a'), "..."));
}

TEST(DumpTextproto, ReadsBackAsTheSameMessage) {
  const FakeComponents components;
  config_test::Everything message;
  const absl::Status lowered = Lower(
      Read("{flag: true, single: 0.5, text: \"a\\nb\", mode: SLOW, inner: "
           "{name: a}, sizes: [1, 2], words: [x], labels: {a: x}, named: {b: "
           "{name: c}}, by_number: {-3: 0.5}, any_dict: {a: [1, {b: null}]}, "
           "any_list: [1, [2]], any_value: {a: 1}, optimizer: {type: SGD, lr: "
           "0.1}, hooks: [{type: TimerHook, interval: 3}, {type: MyHook, a: "
           "{b: [1]}}, {type: MyHook}], named_hooks: {x: {type: EmptyHook}, "
           "y: null}, pair: {key: a, value: 1}}"),
      components, &message);
  ASSERT_TRUE(lowered.ok()) << lowered;

  const std::string text = DumpTextproto(message);
  const absl::StatusOr<Node> node = ReadTextproto(text, "dump.textproto");
  ASSERT_TRUE(node.ok()) << node.status() << "\n" << text;
  config_test::Everything back;
  const absl::Status status = Lower(*node, components, &back);

  ASSERT_TRUE(status.ok()) << status << "\n" << text;
  EXPECT_TRUE(MessageDifferencer::Equals(back, message)) << text;
}

}  // namespace
}  // namespace anneal::config
