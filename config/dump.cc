#include "config/dump.h"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cmath>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "config/reader.h"
#include "fileio/json/json_string.h"
#include "utils/real_text.h"

namespace anneal::config {
namespace {

// Whether the reader takes a plain word that is not ASCII as it is, also as a
// key, which must be on one line: YAML has two line breaks more than ASCII.
bool StaysPlain(const std::string& text) {
  if (absl::StrContains(text, "\u2028") || absl::StrContains(text, "\u2029")) {
    return false;
  }
  const absl::StatusOr<Node> back = ReadYaml(absl::StrCat("[", text, "]"), "");
  const Node list(Node::List{Node(text, Place())}, Place());
  return back.ok() && SameContent(*back, list);
}

// Whether YAML takes the plain word for something else than a string.
bool IsTaken(absl::string_view text) {
  static constexpr absl::string_view kWords[] = {
      "none", "null", "true", "false", "yes", "no", "on", "off"};
  return absl::c_any_of(kWords, [&](absl::string_view word) {
    return absl::EqualsIgnoreCase(word, text);
  });
}

// In quotes, with those characters escaped that JSON has as they are, and YAML
// doesn't have at all or takes for line breaks: DEL, U+0080 to U+009F, U+2028,
// U+2029 and those that are none.
std::string QuotedYaml(const std::string& text) {
  std::string quoted = JsonString(text);
  for (size_t at = 0;
       (at = quoted.find_first_of("\x7f\xc2", at)) != std::string::npos; ++at) {
    const bool is_delete = quoted[at] == '\x7f';
    const unsigned char code = is_delete ? 0x7f : quoted[at + 1];
    if (code > 0x9f) continue;
    quoted.replace(at, is_delete ? 1 : 2, absl::StrFormat("\\u%04x", code));
  }
  return absl::StrReplaceAll(quoted, {{"\u2028", "\\u2028"},
                                      {"\u2029", "\\u2029"},
                                      {"\ufeff", "\\ufeff"},
                                      {"\ufffe", "\\ufffe"},
                                      {"\uffff", "\\uffff"}});
}

// A string as YAML: without quotes where it stays a string that way, also in a
// flow list, where more characters have a meaning.
std::string YamlString(const std::string& text) {
  const bool is_plain =
      !text.empty() && absl::ascii_isalpha(text[0]) &&
      absl::c_all_of(text,
                     [](unsigned char c) {
                       return absl::ascii_isprint(c) || c >= 0x80;
                     }) &&
      text.find_first_of("\"'{}[],#&*!|>%@`\\?") == text.npos &&
      !absl::StrContains(text, ": ") && text.back() != ':' &&
      text.back() != ' ' && !IsTaken(text);
  if (!is_plain) return QuotedYaml(text);
  const bool is_ascii = absl::c_all_of(text, absl::ascii_isascii);
  return is_ascii || StaysPlain(text) ? text : QuotedYaml(text);
}

// A key with its colon. One of more than 1024 characters needs a question mark
// in YAML, and `gap` before the colon.
std::string YamlKey(const std::string& key, const std::string& gap) {
  std::string text = YamlString(key);
  if (text.size() <= 1000) return text + ":";
  return absl::StrCat("? ", text, gap, ":");
}

enum class Syntax { kYaml, kJson };

std::string Scalar(const Node& node, Syntax syntax) {
  const bool yaml = syntax == Syntax::kYaml;
  if (const auto* flag = node.get_if<bool>()) return *flag ? "true" : "false";
  if (const auto* integer = node.get_if<int64_t>()) {
    return absl::StrCat(*integer);
  }
  if (const auto* real = node.get_if<double>()) {
    if (std::isnan(*real)) return yaml ? ".nan" : "NaN";
    if (std::isinf(*real)) {
      return absl::StrCat(*real < 0 ? "-" : "", yaml ? ".inf" : "Infinity");
    }
    return RealText(*real);
  }
  if (const auto* text = node.get_if<std::string>()) {
    return yaml ? YamlString(*text) : JsonString(*text);
  }
  return "null";
}

bool IsScalar(const Node& node) {
  return !node.get_if<Node::List>() && !node.get_if<Node::Map>();
}

// Whether a node is written on its key's line.
bool IsInline(const Node& node) {
  if (const auto* list = node.get_if<Node::List>()) {
    return std::all_of(list->begin(), list->end(), [](const Node& item) {
      return IsScalar(item) || (item.get_if<Node::List>() && IsInline(item));
    });
  }
  if (const auto* map = node.get_if<Node::Map>()) return map->empty();
  return true;
}

// Writes block style. With `provenance` every line that has a value, and that
// of a dict or list with a history, gets a comment.
class YamlWriter {
 public:
  explicit YamlWriter(bool provenance) : provenance_(provenance) {}

  void Block(const Node& node, int indent, std::string* out) const {
    const std::string pad(indent, ' ');
    if (const auto* map = node.get_if<Node::Map>()) {
      for (const Node::Entry& entry : *map) {
        absl::StrAppend(out, pad, YamlKey(entry.key, absl::StrCat("\n", pad)));
        Child(entry.value, indent + 2, out);
      }
      return;
    }
    for (const Node& item : *node.get_if<Node::List>()) {
      const size_t start = out->size();
      if (item.get_if<Node::Map>() && !IsInline(item)) {
        // The first key stands behind the dash.
        Block(item, indent + 2, out);
        out->replace(start, indent + 2, pad + "- ");
      } else {
        absl::StrAppend(out, pad, "-");
        Child(item, indent + 2, out);
      }
    }
  }

 private:
  // Where comments stand, if the line leaves room.
  static constexpr size_t kCommentColumn = 40;

  void Child(const Node& node, int indent, std::string* out) const {
    const bool is_inline = IsInline(node);
    if (is_inline) absl::StrAppend(out, " ", DumpFlow(node));
    if (provenance_ && (is_inline || node.place.history != nullptr)) {
      const size_t line_start = out->rfind('\n') + 1;  // npos + 1 is 0
      const size_t width = out->size() - line_start;
      const size_t gap =
          width + 2 < kCommentColumn ? kCommentColumn - width : 2;
      absl::StrAppend(out, std::string(gap, ' '), "# ",
                      node.place.Provenance());
    }
    absl::StrAppend(out, "\n");
    if (!is_inline) Block(node, indent, out);
  }

  bool provenance_;
};

std::string Yaml(const Node& node, bool provenance) {
  if (IsInline(node)) return DumpFlow(node) + "\n";
  std::string out;
  YamlWriter(provenance).Block(node, 0, &out);
  return out;
}

void Json(const Node& node, int indent, std::string* out) {
  const std::string pad(indent + 2, ' ');
  const std::string end = absl::StrCat("\n", std::string(indent, ' '));
  const char* separator = "\n";
  if (const auto* map = node.get_if<Node::Map>(); map && !map->empty()) {
    absl::StrAppend(out, "{");
    for (const Node::Entry& entry : *map) {
      absl::StrAppend(out, separator, pad, JsonString(entry.key), ": ");
      Json(entry.value, indent + 2, out);
      separator = ",\n";
    }
    absl::StrAppend(out, end, "}");
  } else if (map != nullptr) {
    absl::StrAppend(out, "{}");
  } else if (const auto* list = node.get_if<Node::List>()) {
    absl::StrAppend(out, "[");
    for (const Node& item : *list) {
      absl::StrAppend(out, separator, pad);
      Json(item, indent + 2, out);
      separator = ",\n";
    }
    absl::StrAppend(out, list->empty() ? "" : end, "]");
  } else {
    absl::StrAppend(out, Scalar(node, Syntax::kJson));
  }
}

}  // namespace

std::string DumpYaml(const Node& node) { return Yaml(node, false); }

std::string DumpYamlWithProvenance(const Node& node) {
  return Yaml(node, true);
}

std::string DumpJson(const Node& node) {
  std::string out;
  Json(node, 0, &out);
  return out + "\n";
}

std::string DumpFlow(const Node& node) {
  std::string out;
  const char* separator = "";
  if (const auto* list = node.get_if<Node::List>()) {
    for (const Node& item : *list) {
      absl::StrAppend(&out, separator, DumpFlow(item));
      separator = ", ";
    }
    return absl::StrCat("[", out, "]");
  }
  if (const auto* map = node.get_if<Node::Map>()) {
    for (const Node::Entry& entry : *map) {
      absl::StrAppend(&out, separator, YamlKey(entry.key, " "), " ",
                      DumpFlow(entry.value));
      separator = ", ";
    }
    return absl::StrCat("{", out, "}");
  }
  return Scalar(node, Syntax::kYaml);
}

std::string Described(const Node& node) {
  if (node.is_none()) return "none";
  std::string text = DumpFlow(node);
  size_t length = 40;
  if (text.size() > length) {
    // Not inside a UTF-8 character.
    while (length > 0 && (text[length] & 0xC0) == 0x80) --length;
    text = text.substr(0, length) + "...";
  }
  return absl::StrCat(node.kind(), ": ", text);
}

std::string DumpTextproto(const google::protobuf::Message& message) {
  google::protobuf::TextFormat::Printer printer;
  printer.SetExpandAny(true);
  std::string text;
  printer.PrintToString(message, &text);
  return text;
}

}  // namespace anneal::config
