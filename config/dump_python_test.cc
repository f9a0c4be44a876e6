#include "config/dump_python.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "config/reader.h"

namespace anneal::config {
namespace {

using ::testing::HasSubstr;

std::string FileText(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

Node Read(const std::string& text) {
  absl::StatusOr<Node> node = ReadYaml(text, "a.yaml");
  EXPECT_TRUE(node.ok()) << node.status();
  return node.ok() ? *std::move(node) : Node();
}

Node* Item(Node* list, size_t i) { return &(*list->get_if<Node::List>())[i]; }

// The tree of dump_python_golden.txt, whose keys stand in another order here.
Node GoldenTree() {
  Node tree = Read(R"yaml(
sets: [1, 2]
tuples: [[], [1], [1, 2], [[1, 2], [3]]]
bools: [true, false, null]
deep:
  other: 1
  list_of_dicts:
  - {type: RandomFlip, prob: 0.5}
  - type: RandomResize
    scale: [1333, 800]
    scales: [[1333, 640], [1333, 672], [1333, 704], [1333, 736]]
    keep_ratio: true
  a: {b: {c: {d: {e: a string that is long enough to break}}}}
empty: {d: [], c: [], b: [], a: {}}
ints: [0, -1, 9223372036854775807, -9223372036854775808]
keys: {plain: 2, class: {x: 1}, a-b: 1}
numbers_as_keys: {"(1, 2)": b, "0": a, None: c}
one_line: {type: SGD, lr: 0.1, momentum: 0.9}
reals: [1e-5, 0.1, 1e20, 1.0, .inf, -.inf, .nan]
long_list: [the first of some words, the second of some words, the third of some
  words]
strings: [plain, "", "it's \"both\"", "it's", "say \"x\"", "a\\b",
  "line\nbreak\ttab\r", "\x00\x1f\x7f", "été", "{{ fileBasename }}", "{{{x}}}",
  "$HOME ${X}"]
)yaml");
  tree.Find("sets")->list_kind = ListKind::kSet;
  Node* empty = tree.Find("empty");
  empty->Find("c")->list_kind = ListKind::kTuple;
  empty->Find("d")->list_kind = ListKind::kSet;
  Node* tuples = tree.Find("tuples");
  for (size_t i = 0; i < 4; ++i) Item(tuples, i)->list_kind = ListKind::kTuple;
  Item(Item(tuples, 3), 0)->list_kind = ListKind::kTuple;
  Node* resize = Item(tree.Find("deep")->Find("list_of_dicts"), 1);
  resize->Find("scale")->list_kind = ListKind::kTuple;
  for (Node& scale : *resize->Find("scales")->get_if<Node::List>()) {
    scale.list_kind = ListKind::kTuple;
  }
  for (Node::Entry& entry :
       *tree.Find("numbers_as_keys")->get_if<Node::Map>()) {
    entry.is_string_key = false;
  }
  return tree;
}

// dump_python_golden.py checks that mmengine reads the text as this tree.
TEST(DumpPython, IsWhatMmengineReadsBack) {
  const absl::StatusOr<std::string> text = DumpPython(GoldenTree());

  ASSERT_TRUE(text.ok()) << text.status();
  EXPECT_EQ(*text, FileText("config/dump_python_golden.txt"));
}

TEST(DumpPython, OfWhatMmengineReadIsItsTree) {
  const absl::StatusOr<Node> golden =
      ReadJson(FileText("config/dump_python_golden.json"), "golden");
  ASSERT_TRUE(golden.ok()) << golden.status();
  const std::string& repr = *golden->Find("repr")->get_if<std::string>();

  // Its repr on one line, key by key.
  for (const char* piece :
       {"'empty': {'a': {}, 'b': [], 'c': (), 'd': set()}", "'sets': {1, 2}",
        "'tuples': [(), (1,), (1, 2), ((1, 2), [3])]",
        "'numbers_as_keys': {(1, 2): 'b', 0: 'a', None: 'c'}",
        "'scales': [(1333, 640), (1333, 672), (1333, 704), (1333, 736)]",
        "'\\x00\\x1f\\x7f', 'été', '{{ fileBasename }}', '{{{x}}}', "
        "'$HOME ${X}'",
        "'ints': [0, -1, 9223372036854775807, -9223372036854775808]"}) {
    EXPECT_THAT(repr, HasSubstr(piece));
  }
}

struct BadName {
  const char* name;
  const char* key;
};

class BadTopKey : public ::testing::TestWithParam<BadName> {};

TEST_P(BadTopKey, IsRefusedWithItsPlace) {
  Node node = Read("a: 1\nb: 2\n");
  node.get_if<Node::Map>()->at(1).key = GetParam().key;

  const absl::StatusOr<std::string> text = DumpPython(node);

  EXPECT_EQ(text.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(text.status().message(),
            absl::StrCat("a.yaml:2:1: \"", GetParam().key,
                         "\" can be no variable of a .py config; rename it, or "
                         "dump as .yaml or .json"));
}

INSTANTIATE_TEST_SUITE_P(Names, BadTopKey,
                         ::testing::ValuesIn<BadName>({
                             {"Dash", "a-b"},
                             {"Digit", "1a"},
                             {"Empty", ""},
                             {"Keyword", "lambda"},
                             {"WhatTheTextCalls", "dict"},
                             {"WhatMmengineLeavesOut", "__a"},
                             {"Base", "_base_"},
                             {"Reserved", "filename"},
                             {"NotAscii", "é"},
                         }),
                         [](const auto& info) { return info.param.name; });

TEST(DumpPython, OfAKeyThatIsNoStringAtTheTopIsRefused) {
  Node node = Read("a: 1");
  node.get_if<Node::Map>()->at(0).is_string_key = false;

  EXPECT_EQ(DumpPython(node).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(DumpPython, OfAListIsRefused) {
  EXPECT_EQ(DumpPython(Read("[1]")).status().message(),
            "a.yaml:1:1: a config is a dict, this is a list");
}

TEST(PrettyText, OfEqualTreesIsEqual) {
  EXPECT_EQ(PrettyText(Read("{b: {y: 1, x: 2}, a: 1}")),
            PrettyText(Read("{a: 1, b: {x: 2, y: 1}}")));
}

TEST(PrettyText, TakesAnyTree) {
  EXPECT_EQ(PrettyText(Read("{a-b: 1}")), "a-b = 1\n");
  EXPECT_EQ(PrettyText(Read("[1, {a: b}]")), "[1, dict(a='b')]\n");
  EXPECT_EQ(PrettyText(Node(Node::Map(), Place())), "");
}

// Each level is laid out flat once more than the one around it.
TEST(PrettyText, OfADeepTreeTakesNoTime) {
  Node node = Read("a: 1");
  for (int i = 0; i < 90; ++i) {
    Node outer{Node::Map(), Place()};
    outer.Set("key_of_some_length", std::move(node));
    node = std::move(outer);
  }

  EXPECT_THAT(PrettyText(node), HasSubstr(" a=1))))"));
}

}  // namespace
}  // namespace anneal::config
