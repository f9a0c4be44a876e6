#include "config/diff.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/str_cat.h"
#include "config/reader.h"

namespace anneal::config {
namespace {

Node Read(const std::string& text) {
  absl::StatusOr<Node> node = ReadYaml(text, "a.yaml");
  EXPECT_TRUE(node.ok()) << node.status();
  return node.ok() ? *std::move(node) : Node();
}

TEST(Diff, IsMmengines) {
  std::ifstream file("config/dump_python_golden.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const absl::StatusOr<Node> golden = ReadJson(text, "golden");
  ASSERT_TRUE(golden.ok()) << golden.status();
  const auto& cases = *golden->Find("diffs")->get_if<Node::List>();
  ASSERT_EQ(cases.size(), 6u);
  for (const Node& one : cases) {
    EXPECT_EQ(Diff(*one.Find("a"), *one.Find("b")),
              *one.Find("diff")->get_if<std::string>())
        << *one.Find("name")->get_if<std::string>();
  }
}

TEST(Diff, NamesBothWhereTheyHaveNames) {
  DiffOptions options;
  options.a_name = "a.py";
  options.b_name = "b.json";

  EXPECT_EQ(Diff(Read("a: 1"), Read("a: 2"), options),
            "--- a.py\n+++ b.json\n@@ -1,2 +1,2 @@\n-a = 1\n+a = 2\n \n");
}

TEST(Diff, MayTakeATupleForAList) {
  Node tuple = Read("{a: {b: [[1], 2]}}");
  Node* outer = tuple.Find("a")->Find("b");
  outer->list_kind = ListKind::kTuple;
  outer->get_if<Node::List>()->front().list_kind = ListKind::kSet;
  const Node list = Read("{a: {b: [[1], 2]}}");
  DiffOptions options;
  options.tells_tuples = false;

  EXPECT_NE(Diff(tuple, list), "");
  EXPECT_EQ(Diff(tuple, list, options), "");
}

TEST(Diff, OfALineThatBreaksShowsTheLine) {
  EXPECT_EQ(Diff(Read("{a: {x: 1, y: [1, 2]}}"), Read("{a: {x: 1, y: [1]}}")),
            "--- \n"
            "+++ \n"
            "@@ -1,2 +1,2 @@\n"
            "-a = dict(x=1, y=[1, 2])\n"
            "+a = dict(x=1, y=[1])\n"
            " \n");
}

TEST(Diff, MayBeColored) {
  DiffOptions colored;
  colored.colored = true;

  EXPECT_EQ(Diff(Read("a: 1"), Read("a: 2"), colored),
            "\x1b[91m--- \x1b[0m\n"
            "\x1b[92m+++ \x1b[0m\n"
            "\x1b[97m@@ -1,2 +1,2 @@\x1b[0m\n"
            "\x1b[91m-a = 1\x1b[0m\n"
            "\x1b[92m+a = 2\x1b[0m\n"
            "\x1b[97m \x1b[0m\n");
}

// Beyond the table of common lines.
TEST(Diff, OfManyChangedLinesIsBounded) {
  Node a{Node::Map(), Place()};
  Node b{Node::Map(), Place()};
  for (int i = 0; i < 20000; ++i) {
    a.get_if<Node::Map>()->push_back(
        {absl::StrCat("a", i), Place(), Node(int64_t{i}, Place())});
    b.get_if<Node::Map>()->push_back(
        {absl::StrCat("b", i), Place(), Node(int64_t{i}, Place())});
  }

  EXPECT_GT(Diff(a, b).size(), 400000u);
}

}  // namespace
}  // namespace anneal::config
