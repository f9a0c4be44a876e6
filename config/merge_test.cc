#include "config/merge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/dump.h"
#include "config/reader.h"

namespace anneal::config {
namespace {

using ::testing::HasSubstr;

Node Read(const std::string& text, const std::string& name) {
  absl::StatusOr<Node> node = ReadYaml(text, name);
  EXPECT_TRUE(node.ok()) << node.status();
  return node.ok() ? *std::move(node) : Node();
}

// mmengine's cases, by name.
Node::List Golden() {
  std::ifstream file("config/merge_golden.json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  absl::StatusOr<Node> cases = ReadJson(text, "merge_golden.json");
  return cases.ok() ? *cases->get_if<Node::List>() : Node::List();
}

TEST(Merge, IsMmengines) {
  const Node::List cases = Golden();
  ASSERT_EQ(cases.size(), 19u);
  for (const Node& one : cases) {
    SCOPED_TRACE(*one.Find("name")->get_if<std::string>());
    Node merged = *one.Find("base");

    const absl::Status status = Merge(*one.Find("child"), &merged);

    const Node& expected = *one.Find("merged");
    EXPECT_EQ(status.ok(), !expected.is_none()) << status;
    if (status.ok()) {
      EXPECT_TRUE(SameContent(merged, expected)) << DumpFlow(merged);
    }
  }
}

std::string Merged(const std::string& base_text, const std::string& child) {
  Node base = Read(base_text, "base.yaml");
  const absl::Status status = Merge(Read(child, "child.yaml"), &base);
  return status.ok() ? DumpFlow(base) : std::string(status.message());
}

TEST(Merge, AnIndexReplacesAnElement) {
  EXPECT_EQ(Merged("a: [1, 2, 3]", "a: {1: x}"), "{a: [1, x, 3]}");
}

TEST(Merge, DeleteAtTheTopForgetsTheBase) {
  EXPECT_EQ(Merged("a: 1", "{_delete_: true, b: 2}"), "{b: 2}");
}

TEST(Merge, MarksWithNothingToDeleteAreDropped) {
  EXPECT_EQ(Merged("{l: 1}",
                   "{a: {_delete_: true, b: 1}, l: [{_delete_: true, c: 1}]}"),
            "{l: [{c: 1}], a: {b: 1}}");
}

TEST(Merge, KeepsTheBasesOrder) {
  EXPECT_EQ(Merged("{a: 1, b: 2}", "{c: 3, b: 4}"), "{a: 1, b: 4, c: 3}");
}

TEST(Merge, AValueKeepsItsPlace) {
  Node base = Read("{a: 1, b: {c: 2}}", "base.yaml");
  ASSERT_TRUE(Merge(Read("b: {d: 3}", "child.yaml"), &base).ok());

  EXPECT_EQ(base.Find("b")->Find("c")->place.ToString(), "base.yaml:1:15");
  EXPECT_EQ(base.Find("b")->Find("d")->place.ToString(), "child.yaml:1:8");
}

TEST(Merge, ADictOverAScalarNamesBothPlaces) {
  EXPECT_EQ(Merged("a: 1", "a: {b: 2}"),
            "child.yaml:1:4: a dict can't be merged into an integer of the "
            "base at base.yaml:1:4; set _delete_: true to replace it");
}

TEST(Merge, AWordIntoAListNamesBothPlaces) {
  EXPECT_EQ(Merged("a: [1]", "a: {b: 2}"),
            "child.yaml:1:5: \"b\" is no index, but the base has a list at "
            "base.yaml:1:4; set _delete_: true to replace it");
}

TEST(Merge, AnIndexBeyondTheListNamesBothPlaces) {
  EXPECT_EQ(Merged("a: [1, 2]", "a: {2: x}"),
            "child.yaml:1:5: index 2 is not in the base's list of 2 at "
            "base.yaml:1:4");
}

TEST(Merge, ADeleteThatIsNoBoolIsRefused) {
  Node base = Read("a: {b: 1}", "base.yaml");

  const absl::Status status =
      Merge(Read("a: {_delete_: 'true'}", "child.yaml"), &base);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(),
            "child.yaml:1:15: _delete_ is true or false, not a string");
}

// A search for every key would take minutes.
TEST(Merge, TakesDictsOfManyKeys) {
  Node base{Node::Map(), Place()};
  for (int i = 0; i < 200000; ++i) {
    base.get_if<Node::Map>()->push_back(
        {absl::StrCat("k", i), Place(), Node(int64_t{i}, Place())});
  }
  Node child = base;

  ASSERT_TRUE(Merge(std::move(child), &base).ok());

  EXPECT_EQ(base.get_if<Node::Map>()->size(), 200000u);
}

}  // namespace
}  // namespace anneal::config
