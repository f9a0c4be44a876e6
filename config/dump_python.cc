#include "config/dump_python.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "utils/real_text.h"

namespace anneal::config {
namespace {

constexpr size_t kWidth = 79;
constexpr int kIndent = 4;

bool IsKeyword(absl::string_view word) {
  static constexpr absl::string_view kKeywords[] = {
      "False",  "None",   "True",    "and",      "as",       "assert", "async",
      "await",  "break",  "class",   "continue", "def",      "del",    "elif",
      "else",   "except", "finally", "for",      "from",     "global", "if",
      "import", "in",     "is",      "lambda",   "nonlocal", "not",    "or",
      "pass",   "raise",  "return",  "try",      "while",    "with",   "yield"};
  return absl::c_linear_search(kKeywords, word);
}

bool IsName(absl::string_view text) {
  return !text.empty() && !absl::ascii_isdigit(text[0]) && !IsKeyword(text) &&
         absl::c_all_of(text, [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '_';
         });
}

// Python's repr. "{{", which would start a reference, is written in two pieces.
std::string StringText(absl::string_view text) {
  const char quote =
      absl::StrContains(text, '\'') && !absl::StrContains(text, '"') ? '"'
                                                                     : '\'';
  std::string out(1, quote);
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '{' && i > 0 && text[i - 1] == '{') {
      absl::StrAppend(&out, std::string(1, quote), " ", std::string(1, quote));
    }
    if (c == quote || c == '\\') {
      absl::StrAppend(&out, "\\", std::string(1, c));
    } else if (c == '\n') {
      absl::StrAppend(&out, "\\n");
    } else if (c == '\r') {
      absl::StrAppend(&out, "\\r");
    } else if (c == '\t') {
      absl::StrAppend(&out, "\\t");
    } else if (absl::ascii_iscntrl(c)) {
      absl::StrAppendFormat(&out, "\\x%02x", static_cast<unsigned char>(c));
    } else {
      out += c;
    }
  }
  out += quote;
  return out;
}

std::string ScalarText(const Node& node) {
  if (const auto* flag = node.get_if<bool>()) return *flag ? "True" : "False";
  if (const auto* integer = node.get_if<int64_t>()) {
    return absl::StrCat(*integer);
  }
  if (const auto* real = node.get_if<double>()) {
    if (std::isnan(*real)) return "float('nan')";
    if (std::isinf(*real)) {
      return *real > 0 ? "float('inf')" : "float('-inf')";
    }
    return RealText(*real);
  }
  if (const auto* text = node.get_if<std::string>()) return StringText(*text);
  return "None";
}

std::vector<const Node::Entry*> Sorted(const Node::Map& map) {
  std::vector<const Node::Entry*> entries;
  for (const Node::Entry& entry : map) entries.push_back(&entry);
  std::stable_sort(
      entries.begin(), entries.end(),
      [](const auto* a, const auto* b) { return a->key < b->key; });
  return entries;
}

// A dict, list, tuple or set: what stands around its items and between them.
struct Shape {
  std::string open;
  std::string close;
  // Each item with what stands before its value: "lr=" or "'a-b': ".
  std::vector<std::pair<std::string, const Node*>> items;
  // A list's closing bracket stands on a line of its own.
  bool closes_alone = false;
  // (1,)
  bool needs_comma = false;
};

Shape ShapeOf(const Node::Map& map) {
  const bool has_names = absl::c_all_of(map, [](const Node::Entry& entry) {
    return entry.is_string_key && IsName(entry.key);
  });
  Shape shape;
  shape.open = has_names ? "dict(" : "{";
  shape.close = has_names ? ")" : "}";
  for (const Node::Entry* entry : Sorted(map)) {
    const std::string key = has_names ? absl::StrCat(entry->key, "=")
                            : entry->is_string_key
                                ? absl::StrCat(StringText(entry->key), ": ")
                                : absl::StrCat(entry->key, ": ");
    shape.items.emplace_back(key, &entry->value);
  }
  return shape;
}

Shape ShapeOf(const Node& node) {
  if (const auto* map = node.get_if<Node::Map>()) return ShapeOf(*map);
  const auto& list = *node.get_if<Node::List>();
  Shape shape;
  shape.closes_alone = true;
  shape.open = "[";
  shape.close = "]";
  if (node.list_kind == ListKind::kTuple) {
    shape.open = "(";
    shape.close = ")";
    shape.needs_comma = list.size() == 1;
  } else if (node.list_kind == ListKind::kSet) {
    shape.open = list.empty() ? "set(" : "{";
    shape.close = list.empty() ? ")" : "}";
  }
  for (const Node& item : list) shape.items.emplace_back("", &item);
  return shape;
}

// Appends the value on one line. False: it has no room in `room` columns, and
// what was appended is part of it.
bool AppendFlat(const Node& node, size_t room, std::string* out) {
  const size_t start = out->size();
  if (!node.get_if<Node::List>() && !node.get_if<Node::Map>()) {
    absl::StrAppend(out, ScalarText(node));
    return out->size() - start <= room;
  }
  const Shape shape = ShapeOf(node);
  absl::StrAppend(out, shape.open);
  const char* separator = "";
  for (const auto& [key, value] : shape.items) {
    absl::StrAppend(out, separator, key);
    const size_t used = out->size() - start;
    if (used > room || !AppendFlat(*value, room - used, out)) return false;
    separator = ", ";
  }
  absl::StrAppend(out, shape.needs_comma ? "," : "", shape.close);
  return out->size() - start <= room;
}

// Appends the value behind `column` columns of its line; `behind`: of what
// follows it there.
void Append(const Node& node, int indent, size_t column, size_t behind,
            std::string* out) {
  const size_t start = out->size();
  const size_t used = column + behind;
  if (AppendFlat(node, used < kWidth ? kWidth - used : 0, out)) return;
  out->resize(start);
  if (!node.get_if<Node::List>() && !node.get_if<Node::Map>()) {
    absl::StrAppend(out, ScalarText(node));
    return;
  }
  const Shape shape = ShapeOf(node);
  if (shape.items.empty()) {
    absl::StrAppend(out, shape.open, shape.close);
    return;
  }
  const std::string pad(indent + kIndent, ' ');
  absl::StrAppend(out, shape.open);
  for (size_t i = 0; i < shape.items.size(); ++i) {
    const auto& [key, value] = shape.items[i];
    const bool has_comma = shape.closes_alone || i + 1 < shape.items.size();
    absl::StrAppend(out, "\n", pad, key);
    Append(*value, indent + kIndent, pad.size() + key.size(), 1, out);
    if (has_comma) absl::StrAppend(out, ",");
  }
  if (shape.closes_alone) {
    absl::StrAppend(out, "\n", std::string(indent, ' '));
  }
  absl::StrAppend(out, shape.close);
}

}  // namespace

std::string PrettyText(const Node& node) {
  const auto* map = node.get_if<Node::Map>();
  std::string text;
  if (map == nullptr) {
    Append(node, 0, 0, 0, &text);
    return text + "\n";
  }
  for (const Node::Entry* entry : Sorted(*map)) {
    const std::string start = absl::StrCat(entry->key, " = ");
    absl::StrAppend(&text, start);
    Append(entry->value, 0, start.size(), 0, &text);
    absl::StrAppend(&text, "\n");
  }
  return text;
}

absl::StatusOr<std::string> DumpPython(const Node& node) {
  const auto* map = node.get_if<Node::Map>();
  if (map == nullptr) {
    return ErrorAt(node.place,
                   absl::StrCat("a config is a dict, this is ", node.kind()));
  }
  for (const Node::Entry& entry : *map) {
    // What the text itself calls, and what mmengine leaves out or forbids.
    static constexpr absl::string_view kTaken[] = {
        "dict",          "float",    "set",         "_base_",       "text",
        "_deprecation_", "filename", "pretty_text", "env_variables"};
    if (entry.is_string_key && IsName(entry.key) &&
        !absl::StartsWith(entry.key, "__") &&
        !absl::c_linear_search(kTaken, entry.key)) {
      continue;
    }
    return ErrorAt(entry.place,
                   absl::StrCat("\"", entry.key,
                                "\" can be no variable of a .py config; rename "
                                "it, or dump as .yaml or .json"));
  }
  return PrettyText(node);
}

}  // namespace anneal::config
