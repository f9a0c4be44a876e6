#include "config/node.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace anneal::config {

std::string Place::ToString() const {
  const std::string name = origin ? *origin : "<config>";
  return line == 0 ? name : absl::StrCat(name, ":", line, ":", column);
}

std::string Place::Provenance() const {
  std::string text = ToString();
  if (history != nullptr) absl::StrAppend(&text, ", ", *history);
  // An override may hold line breaks.
  return absl::StrReplaceAll(text, {{"\n", "\\n"}, {"\r", "\\r"}});
}

absl::Status ErrorAt(const Place& place, absl::string_view message) {
  return absl::InvalidArgumentError(
      absl::StrCat(place.ToString(), ": ", message));
}

const Node* Node::Find(absl::string_view key) const {
  const Map* map = get_if<Map>();
  if (map == nullptr) return nullptr;
  auto it = std::find_if(map->begin(), map->end(),
                         [&](const Entry& entry) { return entry.key == key; });
  return it == map->end() ? nullptr : &it->value;
}

Node* Node::Find(absl::string_view key) {
  return const_cast<Node*>(std::as_const(*this).Find(key));
}

void Node::Set(absl::string_view key, Node child) {
  if (Node* existing = Find(key)) {
    *existing = std::move(child);
    return;
  }
  Place place = child.place;
  std::get<Map>(value).push_back(
      {std::string(key), std::move(place), std::move(child)});
}

void Node::Erase(absl::string_view key) {
  Map& map = std::get<Map>(value);
  map.erase(std::remove_if(map.begin(), map.end(),
                           [&](const Entry& e) { return e.key == key; }),
            map.end());
}

absl::string_view Node::kind() const {
  static constexpr absl::string_view kKinds[] = {
      "none",     "a bool", "an integer", "a number",
      "a string", "a list", "a dict"};
  return kKinds[value.index()];
}

bool SameContent(const Node& a, const Node& b) {
  if (a.value.index() != b.value.index()) return false;
  if (const auto* list = a.get_if<Node::List>()) {
    const auto& other = *b.get_if<Node::List>();
    return std::equal(list->begin(), list->end(), other.begin(), other.end(),
                      SameContent);
  }
  if (const auto* map = a.get_if<Node::Map>()) {
    if (map->size() != b.get_if<Node::Map>()->size()) return false;
    return std::all_of(map->begin(), map->end(), [&](const Node::Entry& entry) {
      const Node* other = b.Find(entry.key);
      return other != nullptr && SameContent(entry.value, *other);
    });
  }
  if (const auto* flag = a.get_if<bool>()) return *flag == *b.get_if<bool>();
  if (const auto* integer = a.get_if<int64_t>()) {
    return *integer == *b.get_if<int64_t>();
  }
  if (const auto* real = a.get_if<double>()) {
    const double other = *b.get_if<double>();
    return *real == other || (*real != *real && other != other);
  }
  if (const auto* text = a.get_if<std::string>()) {
    return *text == *b.get_if<std::string>();
  }
  return true;
}

int64_t TreeSize(const Node& node) {
  int64_t size = 1;
  if (const auto* list = node.get_if<Node::List>()) {
    for (const Node& item : *list) size += TreeSize(item);
  } else if (const auto* map = node.get_if<Node::Map>()) {
    for (const auto& entry : *map) size += TreeSize(entry.value);
  }
  return size;
}

}  // namespace anneal::config
