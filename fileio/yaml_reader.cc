#include <yaml-cpp/anchor.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <sstream>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/utf8.h"
#include "fileio/yaml.h"
#include "fileio/yaml_scalar.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

absl::Status FailAt(const YAML::Mark& mark, absl::string_view what) {
  const std::string place =
      mark.is_null() ? ""
                     : absl::StrCat(" line ", mark.line + 1, ", column ",
                                    mark.column + 1, ":");
  return absl::InvalidArgumentError(absl::StrCat("no YAML:", place, " ", what));
}

// yaml-cpp makes bytes 85 and A0 of the escapes \N and \_, which in UTF-8 begin
// no character: they stand for U+0085 and U+00A0.
std::string WithWholeEscapes(const std::string& text) {
  if (IsUtf8(text)) return text;
  std::string whole;
  for (size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    const size_t size = c < 0xC0 ? 1 : c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (c >= 0x80 && c < 0xC0) whole += '\xC2';
    whole += text.substr(i, size);
    i += size;
  }
  return whole;
}

class YamlConverter {
 public:
  explicit YamlConverter(size_t text_size)
      : most_values_(1000000 + static_cast<int64_t>(text_size)) {}

  absl::StatusOr<Value> Convert(const YAML::Node& node, int depth) {
    constexpr int kMaxDepth = 100;
    if (depth > kMaxDepth) {
      return FailAt(node.Mark(), "nested deeper than 100");
    }
    if (++num_values_ > most_values_) {
      return FailAt(node.Mark(), "aliases of aliases multiply its values");
    }
    ASSIGN_OR_RETURN(const absl::string_view tag, KindOf(node));
    switch (node.Type()) {
      case YAML::NodeType::Scalar:
        return Scalar(node, tag);
      case YAML::NodeType::Sequence: {
        Value::List list;
        for (const YAML::Node& item : node) {
          ASSIGN_OR_RETURN(list.emplace_back(), Convert(item, depth + 1));
        }
        return Value(std::move(list));
      }
      case YAML::NodeType::Map:
        return Map(node, depth);
      default:
        return Value();
    }
  }

 private:
  // "" where the text decides, else the name of a type.
  static absl::StatusOr<absl::string_view> KindOf(const YAML::Node& node) {
    const std::string& tag = node.Tag();
    if (tag.empty() || tag == "?") return absl::string_view();
    if (tag == "!") return absl::string_view("str");  // quoted
    absl::string_view name = tag;
    if (absl::ConsumePrefix(&name, "tag:yaml.org,2002:")) {
      absl::ConsumePrefix(&name, "python/");
      for (absl::string_view known : {"str", "int", "float", "bool", "null",
                                      "seq", "map", "tuple", "binary"}) {
        if (name == known) return known;
      }
    }
    return FailAt(node.Mark(),
                  absl::StrCat("the tag ", tag,
                               " asks for an object; only plain values are "
                               "read"));
  }

  absl::StatusOr<Value> Scalar(const YAML::Node& node, absl::string_view tag) {
    const std::string text = WithWholeEscapes(node.Scalar());
    num_values_ += static_cast<int64_t>(text.size() / 64);
    if (tag == "str") return Value(text);
    if (tag == "binary") {
      std::string bytes;
      if (!absl::Base64Unescape(text, &bytes)) {
        return FailAt(node.Mark(), "!!binary that is no base64");
      }
      return Value(Value::Bytes{std::move(bytes)});
    }
    const absl::optional<Value> value = ResolveYamlScalar(text);
    if (!value.has_value()) {
      return FailAt(node.Mark(), "an integer beyond 64 bits; quote it");
    }
    if (tag == "float") {
      ASSIGN_OR_RETURN(const double real, value->AsReal(text));
      return Value(real);
    }
    if (!tag.empty() && value->type_name() != tag &&
        !(tag == "null" && value->is_none())) {
      return FailAt(node.Mark(), absl::StrCat("\"", absl::CHexEscape(text),
                                              "\" is no !!", tag));
    }
    return *value;
  }

  absl::StatusOr<Dict::Key> Key(const YAML::Node& node) {
    if (node.IsScalar()) {
      ASSIGN_OR_RETURN(const absl::string_view tag, KindOf(node));
      ASSIGN_OR_RETURN(Value value, Scalar(node, tag));
      if (auto* text = value.get_if<std::string>()) return std::move(*text);
      if (const auto* integer = value.get_if<int64_t>()) return *integer;
    }
    return FailAt(node.Mark(), "a key must be a text or an integer; quote it");
  }

  absl::StatusOr<Value> Map(const YAML::Node& node, int depth) {
    Dict own;
    Dict merged;
    for (const auto& item : node) {
      if (item.first.IsScalar() && item.first.Scalar() == "<<" &&
          item.first.Tag() != "!") {
        RETURN_IF_ERROR(Merge(item.second, depth, &merged));
        continue;
      }
      ASSIGN_OR_RETURN(Dict::Key key, Key(item.first));
      ASSIGN_OR_RETURN(Value value, Convert(item.second, depth + 1));
      own.Set(std::move(key), std::move(value));
    }
    // PyYAML has the merged ones first, and the own ones win.
    if (merged.empty()) return Value(std::move(own));
    for (const auto& [key, value] : own) merged.Set(key, value);
    return Value(std::move(merged));
  }

  // The first of several sources wins.
  absl::Status Merge(const YAML::Node& source, int depth, Dict* merged) {
    if (source.IsSequence()) {
      // From the last to the first, as PyYAML orders their keys.
      for (size_t i = source.size(); i > 0; --i) {
        if (!source[i - 1].IsMap()) {
          return FailAt(source.Mark(), "<< takes a dict or a list of dicts");
        }
        RETURN_IF_ERROR(Merge(source[i - 1], depth, merged));
      }
      return absl::OkStatus();
    }
    if (!source.IsMap()) {
      return FailAt(source.Mark(), "<< takes a dict or a list of dicts");
    }
    ASSIGN_OR_RETURN(Value value, Convert(source, depth + 1));
    for (const auto& [key, item] : *value.get_if<Dict>()) {
      merged->Set(key, item);
    }
    return absl::OkStatus();
  }

  const int64_t most_values_;
  int64_t num_values_ = 0;
};

// Counts documents and keeps where the last begins.
class DocumentCounter : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark& mark) override {
    ++count;
    last = mark;
  }
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t,
                const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                  YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}

  int count = 0;
  YAML::Mark last;
};

// yaml-cpp makes documents without end of what it can't read, "!:, ", and
// forgets what follows the first: counts one too many at most.
absl::Status CheckOneDocument(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  DocumentCounter documents;
  while (documents.count < 2 && parser.HandleNextDocument(documents)) {
  }
  if (documents.count < 2) return absl::OkStatus();
  return FailAt(documents.last, "a second document; keep one");
}

}  // namespace

absl::StatusOr<Value> FromYaml(absl::string_view text) {
  if (!IsUtf8(text)) {
    return absl::InvalidArgumentError(
        "no YAML: it is not UTF-8; convert it (iconv -t UTF-8)");
  }
  // yaml-cpp reports by exceptions.
  try {
    const std::string own(text);
    RETURN_IF_ERROR(CheckOneDocument(own));
    return YamlConverter(own.size()).Convert(YAML::Load(own), 0);
  } catch (const YAML::Exception& error) {
    return FailAt(error.mark, error.msg);
  }
}

}  // namespace anneal
