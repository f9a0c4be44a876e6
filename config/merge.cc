#include "config/merge.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "config/reader.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

constexpr char kDelete[] = "_delete_";

// Whether the dict says `_delete_: true`; the mark is removed.
bool TakeDeleteMark(Node* node) {
  const Node* mark = node->Find(kDelete);
  if (mark == nullptr) return false;
  const bool* flag = mark->get_if<bool>();
  const bool is_set = flag != nullptr && *flag;
  node->Erase(kDelete);
  return is_set;
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
      list[index] = std::move(entry.value);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Merge(Node child, Node* base) {
  if (TakeDeleteMark(&child)) {
    DropDeleteMarks(&child);
    *base = std::move(child);
    return absl::OkStatus();
  }
  if (base->get_if<Node::List>()) return MergeIntoList(std::move(child), base);
  if (!base->get_if<Node::Map>()) {
    return ErrorAt(child.place,
                   absl::StrCat("a dict can't be merged into ", base->kind(),
                                " of the base at ", base->place.ToString(),
                                "; set _delete_: true to replace it"));
  }
  for (Node::Entry& entry : *child.get_if<Node::Map>()) {
    Node* existing = base->Find(entry.key);
    if (existing == nullptr) {
      DropDeleteMarks(&entry.value);
      base->get_if<Node::Map>()->push_back(std::move(entry));
    } else if (entry.value.get_if<Node::Map>()) {
      RETURN_IF_ERROR(Merge(std::move(entry.value), existing));
    } else {
      *existing = std::move(entry.value);
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
