#include "config/override.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "config/limits.h"
#include "config/provenance.h"
#include "config/reader.h"
#include "config/scalar.h"

namespace anneal::config {
namespace {

// Splits at commas outside of brackets and quotes, and tells whether there was
// one.
std::vector<absl::string_view> SplitItems(absl::string_view text,
                                          bool* has_comma) {
  std::vector<absl::string_view> items;
  int depth = 0;
  char quote = 0;
  size_t start = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    } else if (c == '[' || c == '(' || c == '{') {
      ++depth;
    } else if (c == ']' || c == ')' || c == '}') {
      --depth;
    } else if (c == ',' && depth == 0) {
      items.push_back(text.substr(start, i - start));
      start = i + 1;
    }
  }
  *has_comma = start != 0;
  // A trailing comma, as in (1,), ends the list.
  if (!absl::StripAsciiWhitespace(text.substr(start)).empty()) {
    items.push_back(text.substr(start));
  }
  return items;
}

bool IsWrapped(absl::string_view text, char open, char close) {
  return text.size() >= 2 && text.front() == open && text.back() == close;
}

Node ParseValue(absl::string_view text, const Place& place, int depth);

Node ToList(const std::vector<absl::string_view>& items, const Place& place,
            int depth, ListKind kind = ListKind::kList) {
  Node::List list;
  for (absl::string_view item : items) {
    list.push_back(ParseValue(item, place, depth + 1));
  }
  Node node(std::move(list), place);
  node.list_kind = kind;
  return node;
}

Node ParseValue(absl::string_view text, const Place& place, int depth) {
  text = absl::StripAsciiWhitespace(text);
  // Deeper brackets stay text, which no schema takes.
  if (depth > kMaxDepth) return Node(std::string(text), place);
  if (IsWrapped(text, '\'', '\'') || IsWrapped(text, '"', '"')) {
    const absl::string_view inside = text.substr(1, text.size() - 2);
    if (!absl::StrContains(inside, text[0])) {
      // "[(1,2),(3,4)]": a shell's quotes around a list.
      if (IsWrapped(inside, '[', ']') || IsWrapped(inside, '(', ')')) {
        return ParseValue(inside, place, depth);
      }
      return Node(std::string(inside), place);
    }
  }
  bool has_comma;
  std::vector<absl::string_view> items = SplitItems(text, &has_comma);
  if (has_comma) return ToList(items, place, depth);
  if (IsWrapped(text, '[', ']') || IsWrapped(text, '(', ')')) {
    items = SplitItems(text.substr(1, text.size() - 2), &has_comma);
    return ToList(items, place, depth,
                  text[0] == '(' ? ListKind::kTuple : ListKind::kList);
  }
  if (IsWrapped(text, '{', '}')) {
    absl::StatusOr<Node> node =
        ReadYaml(text, place.origin ? *place.origin : "<config>");
    if (node.ok()) return *std::move(node);
  }
  const std::string lower = absl::AsciiStrToLower(text);
  if (lower == "true") return Node(true, place);
  if (lower == "false") return Node(false, place);
  if (text == "None" || text == "null") return Node(Node::None(), place);
  int64_t integer;
  if (ParseInteger(text, &integer)) return Node(integer, place);
  double real;
  if (ParseReal(text, &real)) return Node(real, place);
  return Node(std::string(text), place);
}

// a.b._delete_=true.
absl::Status EmptyDict(const Node& value, Node* dict) {
  const bool* flag = value.get_if<bool>();
  if (flag == nullptr) {
    return ErrorAt(value.place, "_delete_ is true or false");
  }
  if (!*flag) return absl::OkStatus();
  Node empty{Node::Map(), value.place};
  NoteReplaced(*dict, &empty);
  *dict = std::move(empty);
  return absl::OkStatus();
}

// What a node has at the end of a path that leads nowhere.
std::string Contents(const Node& node) {
  if (const auto* list = node.get_if<Node::List>()) {
    return absl::StrCat("a list of ", list->size());
  }
  if (const auto* map = node.get_if<Node::Map>()) {
    return absl::StrCat(
        "a dict of ",
        absl::StrJoin(*map, ", ", [](std::string* out, const auto& entry) {
          absl::StrAppend(out, entry.key);
        }));
  }
  return std::string(node.kind());
}

}  // namespace

Node ParseOverrideValue(absl::string_view text, const Place& place) {
  return ParseValue(text, place, 0);
}

const Node* FindChild(const Node& node, absl::string_view key) {
  if (const auto* list = node.get_if<Node::List>()) {
    size_t index;
    if (!absl::SimpleAtoi(key, &index) || index >= list->size()) return nullptr;
    return &(*list)[index];
  }
  return node.Find(key);
}

absl::Status ApplyOverride(absl::string_view assignment, Node* root) {
  Place place;
  place.origin = std::make_shared<const std::string>(
      absl::StrCat("--cfg-options ", assignment));
  const size_t equals = assignment.find('=');
  if (equals == assignment.npos || equals == 0) {
    return ErrorAt(place,
                   "an override is KEY=VALUE, as in "
                   "optim_wrapper.optimizer.lr=0.1");
  }
  const std::vector<absl::string_view> keys =
      absl::StrSplit(assignment.substr(0, equals), '.');
  if (keys.size() > kMaxDepth) return ErrorAt(place, "nested too deeply");
  Node value = ParseOverrideValue(assignment.substr(equals + 1), place);
  Node* node = root;
  bool is_new = false;
  std::string path;
  for (size_t i = 0; i < keys.size(); ++i) {
    const bool is_last = i + 1 == keys.size();
    if (keys[i].empty()) return ErrorAt(place, "a key in the path is empty");
    if (keys[i] == "_delete_" && is_last && node->get_if<Node::Map>()) {
      return EmptyDict(value, node);
    }
    Node* child = const_cast<Node*>(FindChild(*node, keys[i]));
    if (child == nullptr) {
      if (!node->get_if<Node::Map>()) {
        return ErrorAt(place, absl::StrCat("\"", keys[i], "\" is not there: ",
                                           path, " is ", Contents(*node)));
      }
      node->Set(keys[i], Node(Node::Map(), place));
      child = node->Find(keys[i]);
      is_new = true;
    } else if (!is_last && child->is_none()) {
      *child = Node(Node::Map(), place);
    }
    node = child;
    absl::StrAppend(&path, path.empty() ? "" : ".", keys[i]);
  }
  if (!is_new) NoteReplaced(*node, &value);
  *node = std::move(value);
  return absl::OkStatus();
}

}  // namespace anneal::config
