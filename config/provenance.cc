#include "config/provenance.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "config/dump.h"

namespace anneal::config {
namespace {

constexpr size_t kMaxHistory = 1000;
// Lists and dicts of more values are named by their kind alone.
constexpr int64_t kMaxShown = 8;

// "history, NOTE", with what is behind it in `older`.
void Note(const std::string& note, const Place& older, Place* place) {
  std::string history = place->history ? *place->history + ", " : "";
  absl::StrAppend(&history, note);
  if (older.history != nullptr) absl::StrAppend(&history, ", ", *older.history);
  if (history.size() > kMaxHistory) return;
  place->history = std::make_shared<const std::string>(std::move(history));
}

std::string Shown(const Node& node) {
  const bool is_scalar =
      !node.get_if<Node::List>() && !node.get_if<Node::Map>();
  if (!is_scalar && TreeSize(node) > kMaxShown) return std::string(node.kind());
  const std::string described = Described(node);
  const size_t kind_end = described.find(": ");
  return kind_end == std::string::npos ? described
                                       : described.substr(kind_end + 2);
}

}  // namespace

void NoteReplaced(const Node& old, Node* node) {
  Note(absl::StrCat("over ", Shown(old), " at ", old.place.ToString()),
       old.place, &node->place);
}

void NoteReference(absl::string_view text, const Place& place, Node* node) {
  Note(absl::StrCat("by ", text, " at ", place.ToString()), Place(),
       &node->place);
}

void NoteInserted(absl::string_view text, const Place& from, Node* node) {
  Note(absl::StrCat("with ", text, " from ", from.ToString()), from,
       &node->place);
}

}  // namespace anneal::config
