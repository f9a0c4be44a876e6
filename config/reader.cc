#include "config/reader.h"

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

absl::Status CheckDepth(const Node& node, int depth) {
  if (depth > kMaxDepth) {
    return ErrorAt(node.place, "nested too deeply");
  }
  if (const auto* list = node.get_if<Node::List>()) {
    for (const Node& item : *list) RETURN_IF_ERROR(CheckDepth(item, depth + 1));
  } else if (const auto* map = node.get_if<Node::Map>()) {
    for (const auto& entry : *map) {
      RETURN_IF_ERROR(CheckDepth(entry.value, depth + 1));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckLimits(const Node& node) {
  RETURN_IF_ERROR(CheckDepth(node, 0));
  if (TreeSize(node) <= kMaxTreeSize) return absl::OkStatus();
  return ErrorAt(node.place, "more than a million values");
}

absl::Status ErrorAt(const Place& place, absl::string_view message) {
  return absl::InvalidArgumentError(
      absl::StrCat(place.ToString(), ": ", message));
}

}  // namespace anneal::config
