#include "config/dump.h"

#include <google/protobuf/text_format.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "config/reader.h"
#include "fileio/json_string.h"
#include "utils/real_text.h"

namespace anneal::config {
namespace {

// A string as YAML: without quotes where it stays a string that way.
std::string YamlString(const std::string& text) {
  const bool is_plain =
      !text.empty() && absl::ascii_isalpha(text[0]) &&
      text.find_first_of("\n\t\r\"'{}[],#&*!|>%@`\\") == text.npos &&
      !absl::StrContains(text, ": ") && text.back() != ':' &&
      text.back() != ' ';
  if (is_plain) {
    // In a flow list, where more characters have a meaning.
    const absl::StatusOr<Node> back =
        ReadYaml(absl::StrCat("[", text, "]"), "");
    const Node list(Node::List{Node(text, Place())}, Place());
    if (back.ok() && SameContent(*back, list)) return text;
  }
  return JsonString(text);
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

class YamlWriter {
 public:
  explicit YamlWriter(bool provenance) : provenance_(provenance) {}

  void Block(const Node& node, int indent, std::string* out) const {
    const std::string pad(indent, ' ');
    if (const auto* map = node.get_if<Node::Map>()) {
      for (const Node::Entry& entry : *map) {
        absl::StrAppend(out, pad, YamlString(entry.key), ":");
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
  void Child(const Node& node, int indent, std::string* out) const {
    if (IsInline(node)) {
      absl::StrAppend(out, " ", DumpFlow(node));
      if (provenance_) {
        // An override may hold line breaks.
        absl::StrAppend(
            out, "  # ",
            absl::StrReplaceAll(node.place.ToString(), {{"\n", "\\n"}}));
      }
      absl::StrAppend(out, "\n");
      return;
    }
    absl::StrAppend(out, "\n");
    Block(node, indent, out);
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
      absl::StrAppend(&out, separator, YamlString(entry.key), ": ",
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
