#include "config/limits.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

absl::Status CheckText(const std::string& text, const Place& place) {
  if (IsUtf8(text)) return absl::OkStatus();
  return ErrorAt(
      place, absl::StrCat("not UTF-8: \"", absl::CHexEscape(text.substr(0, 40)),
                          "\"; write it in UTF-8"));
}

absl::Status CheckNode(const Node& node, int depth) {
  if (depth > kMaxDepth) return ErrorAt(node.place, "nested too deeply");
  if (const auto* text = node.get_if<std::string>()) {
    return CheckText(*text, node.place);
  }
  if (const auto* list = node.get_if<Node::List>()) {
    for (const Node& item : *list) RETURN_IF_ERROR(CheckNode(item, depth + 1));
  } else if (const auto* map = node.get_if<Node::Map>()) {
    for (const auto& entry : *map) {
      RETURN_IF_ERROR(CheckText(entry.key, entry.place));
      RETURN_IF_ERROR(CheckNode(entry.value, depth + 1));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckLimits(const Node& node) {
  RETURN_IF_ERROR(CheckNode(node, 0));
  if (TreeSize(node) <= kMaxTreeSize) return absl::OkStatus();
  return ErrorAt(node.place, "more than a million values");
}

}  // namespace anneal::config
