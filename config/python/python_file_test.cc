// The golden cases of mmengine.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/config_file.h"
#include "config/dump.h"
#include "config/node.h"
#include "config/reader.h"

namespace anneal::config {
namespace {

namespace fs = std::filesystem;

// The golden file's writing of tuples, sets and keys that are no strings.
Node Tagged(const Node& node) {
  const auto tag = [&](const char* name, Node content) {
    Node map(Node::Map(), node.place);
    map.Set(name, std::move(content));
    return map;
  };
  if (const auto* list = node.get_if<Node::List>()) {
    Node::List items;
    for (const Node& item : *list) items.push_back(Tagged(item));
    if (node.list_kind == ListKind::kSet) {
      std::sort(items.begin(), items.end(), [](const Node& a, const Node& b) {
        return DumpFlow(a) < DumpFlow(b);
      });
    }
    Node result(std::move(items), node.place);
    return node.list_kind == ListKind::kList    ? result
           : node.list_kind == ListKind::kTuple ? tag("tuple", result)
                                                : tag("set", result);
  }
  const auto* map = node.get_if<Node::Map>();
  if (map == nullptr) return node;
  const bool has_only_strings =
      std::all_of(map->begin(), map->end(),
                  [](const Node::Entry& entry) { return entry.is_string_key; });
  Node result(Node::Map(), node.place);
  Node::List pairs;
  for (const Node::Entry& entry : *map) {
    result.Set(entry.key, Tagged(entry.value));
    pairs.push_back(
        Node(Node::List{Node(entry.key, entry.place), Tagged(entry.value)},
             entry.place));
  }
  return has_only_strings ? result
                          : tag("dict", Node(std::move(pairs), node.place));
}

Node Golden() {
  std::ifstream file("config/python/python_file_golden.json");
  std::stringstream text;
  text << file.rdbuf();
  const auto golden = ReadJson(text.str(), "golden");
  EXPECT_TRUE(golden.ok()) << golden.status();
  return golden.ok() ? *golden : Node(Node::List(), Place());
}

class PythonFile : public ::testing::TestWithParam<Node> {};

TEST_P(PythonFile, GivesTheTreeOfMmengine) {
  setenv("ANNEAL_TEST_WORD", "fast", 1);
  const Node& one = GetParam();
  const fs::path folder =
      fs::path(::testing::TempDir()) / *one.Find("name")->get_if<std::string>();
  for (const auto& entry : *one.Find("files")->get_if<Node::Map>()) {
    fs::create_directories((folder / entry.key).parent_path());
    std::ofstream(folder / entry.key) << *entry.value.get_if<std::string>();
  }

  const auto tree = LoadConfig((folder / "main.py").string());

  ASSERT_TRUE(tree.ok()) << tree.status();
  const Node* expected = one.Find("tree");
  EXPECT_TRUE(SameContent(Tagged(*tree), *expected))
      << DumpFlow(Tagged(*tree)) << "\n"
      << DumpFlow(*expected);
}

INSTANTIATE_TEST_SUITE_P(
    Golden, PythonFile, ::testing::ValuesIn(*Golden().get_if<Node::List>()),
    [](const auto& info) {
      return *info.param.Find("name")->template get_if<std::string>();
    });

}  // namespace

}  // namespace anneal::config
