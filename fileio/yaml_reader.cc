#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

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
    const std::string& text = node.Scalar();
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

}  // namespace

absl::StatusOr<Value> FromYaml(absl::string_view text) {
  if (!IsUtf8(text)) {
    return absl::InvalidArgumentError(
        "no YAML: it is not UTF-8; convert it (iconv -t UTF-8)");
  }
  // yaml-cpp reports by exceptions.
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(std::string(text));
    if (documents.empty()) return Value();
    if (documents.size() > 1) {
      return FailAt(documents[1].Mark(), "a second document; keep one");
    }
    return YamlConverter(text.size()).Convert(documents[0], 0);
  } catch (const YAML::Exception& error) {
    return FailAt(error.mark, error.msg);
  }
}

}  // namespace anneal
