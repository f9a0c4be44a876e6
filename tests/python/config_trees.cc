// Reads names of config files from stdin, one a line; prints for each a line
// with "tree: " and the tree as a Python literal, or "error: " and why. Other
// lines are warnings.
#include <iostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "config/config_file.h"
#include "config/node.h"
#include "fileio/json/json_string.h"
#include "utils/real_text.h"

namespace anneal {
namespace {

using config::ListKind;
using config::Node;

std::string Literal(const Node& node) {
  std::string out;
  if (const auto* map = node.get_if<Node::Map>()) {
    for (const Node::Entry& entry : *map) {
      absl::StrAppend(&out,
                      entry.is_string_key ? JsonString(entry.key) : entry.key,
                      ": ", Literal(entry.value), ", ");
    }
    return absl::StrCat("{", out, "}");
  }
  if (const auto* list = node.get_if<Node::List>()) {
    for (const Node& item : *list) absl::StrAppend(&out, Literal(item), ", ");
    switch (node.list_kind) {
      case ListKind::kList:
        return absl::StrCat("[", out, "]");
      case ListKind::kTuple:
        return list->empty() ? "()" : absl::StrCat("(", out, ")");
      case ListKind::kSet:
        return list->empty() ? "set()" : absl::StrCat("{", out, "}");
    }
  }
  if (const auto* text = node.get_if<std::string>()) return JsonString(*text);
  if (const auto* integer = node.get_if<int64_t>()) {
    return absl::StrCat(*integer);
  }
  if (const auto* flag = node.get_if<bool>()) return *flag ? "True" : "False";
  const auto* real = node.get_if<double>();
  if (real == nullptr) return "None";
  // Literals for what has none.
  const std::string repr = RealText(*real);
  if (repr == "nan") return "(1e999 - 1e999)";
  return absl::StrReplaceAll(repr, {{"inf", "1e999"}});
}

}  // namespace
}  // namespace anneal

int main() {
  std::string path;
  while (std::getline(std::cin, path)) {
    const auto tree = anneal::config::LoadConfig(path);
    std::cout << (tree.ok()
                      ? absl::StrCat("tree: ", anneal::Literal(*tree))
                      : absl::StrCat("error: ", absl::StrReplaceAll(
                                                    tree.status().message(),
                                                    {{"\n", " "}})))
              << std::endl;  // before the next warning
  }
  return 0;
}
