#include "config/merge.h"

#include <string>
#include <unordered_map>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "config/provenance.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

constexpr char kDelete[] = "_delete_";

// Whether the dict says `_delete_: true`; the mark is removed.
absl::StatusOr<bool> TakeDeleteMark(Node* node) {
  const Node* mark = node->Find(kDelete);
  if (mark == nullptr) return false;
  const bool* flag = mark->get_if<bool>();
  if (flag == nullptr) {
    return ErrorAt(mark->place, absl::StrCat("_delete_ is true or false, not ",
                                             mark->kind()));
  }
  const bool is_set = *flag;
  node->Erase(kDelete);
  return is_set;
}

// Puts what is no dict in the place of what the base has.
void Replace(Node child, Node* base) {
  DropDeleteMarks(&child);
  NoteReplaced(*base, &child);
  *base = std::move(child);
}

absl::Status MergeIntoList(Node child, Node* base) {
  auto& list = *base->get_if<Node::List>();
  for (Node::Entry& entry : *child.get_if<Node::Map>()) {
    size_t index;
    if (!absl::SimpleAtoi(entry.key, &index)) {
      return ErrorAt(entry.place,
                     absl::StrCat("\"", entry.key,
                                  "\" is no index, but the "
                                  "base has a list at ",
                                  base->place.ToString(),
                                  "; set _delete_: true to replace it"));
    }
    if (index >= list.size()) {
      return ErrorAt(entry.place,
                     absl::StrCat("index ", index,
                                  " is not in the base's list "
                                  "of ",
                                  list.size(), " at ", base->place.ToString()));
    }
    if (entry.value.get_if<Node::Map>()) {
      RETURN_IF_ERROR(Merge(std::move(entry.value), &list[index]));
    } else {
      Replace(std::move(entry.value), &list[index]);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Merge(Node child, Node* base) {
  ASSIGN_OR_RETURN(const bool replaces, TakeDeleteMark(&child));
  if (replaces) {
    Replace(std::move(child), base);
    return absl::OkStatus();
  }
  if (base->get_if<Node::List>()) return MergeIntoList(std::move(child), base);
  if (!base->get_if<Node::Map>()) {
    return ErrorAt(child.place,
                   absl::StrCat("a dict can't be merged into ", base->kind(),
                                " of the base at ", base->place.ToString(),
                                "; set _delete_: true to replace it"));
  }
  auto& map = *base->get_if<Node::Map>();
  std::unordered_map<std::string, size_t> positions;
  for (size_t i = 0; i < map.size(); ++i) positions[map[i].key] = i;
  for (Node::Entry& entry : *child.get_if<Node::Map>()) {
    const auto position = positions.find(entry.key);
    if (position == positions.end()) {
      DropDeleteMarks(&entry.value);
      map.push_back(std::move(entry));
    } else if (entry.value.get_if<Node::Map>()) {
      RETURN_IF_ERROR(
          Merge(std::move(entry.value), &map[position->second].value));
    } else {
      Replace(std::move(entry.value), &map[position->second].value);
    }
  }
  return absl::OkStatus();
}

void DropDeleteMarks(Node* node) {
  if (auto* list = node->get_if<Node::List>()) {
    for (Node& item : *list) DropDeleteMarks(&item);
  } else if (auto* map = node->get_if<Node::Map>()) {
    node->Erase(kDelete);
    for (Node::Entry& entry : *map) DropDeleteMarks(&entry.value);
  }
}

}  // namespace anneal::config
