#include <yaml.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/utf8.h"
#include "fileio/yaml/yaml.h"
#include "fileio/yaml/yaml_scalar.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// libyaml's event, freed at the end.
class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  yaml_event_t* get() { return &event_; }
  const yaml_event_t* operator->() const { return &event_; }

 private:
  yaml_event_t event_ = {};
};

absl::string_view TextOf(const yaml_char_t* text) {
  return text ? reinterpret_cast<const char*>(text) : "";
}

absl::Status FailAt(const yaml_mark_t& mark, absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("no YAML: line ",
                                                 mark.line + 1, ", column ",
                                                 mark.column + 1, ": ", what));
}

// "" where the text decides, else the name of a type.
absl::StatusOr<absl::string_view> KindOf(const yaml_char_t* tag,
                                         const yaml_mark_t& mark) {
  absl::string_view name = TextOf(tag);
  if (name.empty() || name == "!") return absl::string_view();
  if (absl::ConsumePrefix(&name, "tag:yaml.org,2002:")) {
    absl::ConsumePrefix(&name, "python/");
    for (absl::string_view known : {"str", "int", "float", "bool", "null",
                                    "seq", "map", "tuple", "binary"}) {
      if (name == known) return known;
    }
  }
  return FailAt(mark, absl::StrCat("the tag ", TextOf(tag),
                                   " asks for an object; only plain values are "
                                   "read"));
}

// Makes a value of libyaml's events, as PyYAML does of the same.
class YamlReader {
 public:
  explicit YamlReader(absl::string_view text)
      : text_(text), most_values_(1000000 + static_cast<int64_t>(text.size())) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &parser_, reinterpret_cast<const unsigned char*>(text.data()),
        text.size());
  }
  ~YamlReader() { yaml_parser_delete(&parser_); }
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;

  absl::StatusOr<Value> ReadText() {
    Tree root;
    for (int num_documents = 0;;) {
      Event event;
      RETURN_IF_ERROR(Next(&event));
      if (event->type == YAML_STREAM_END_EVENT) return std::move(root.value);
      if (event->type != YAML_DOCUMENT_START_EVENT) continue;
      if (++num_documents > 1) {
        return FailAt(event->start_mark, "a second document; keep one");
      }
      Event first;
      RETURN_IF_ERROR(Next(&first));
      ASSIGN_OR_RETURN(root, Read(first, 0));
    }
  }

 private:
  // A value with what it takes to copy it.
  struct Tree {
    Value value;
    int64_t size = 1;  // values in it, long texts counted as several
    int height = 0;    // lists and dicts in each other
  };

  absl::Status Next(Event* event) {
    if (yaml_parser_parse(&parser_, event->get()) != 0) {
      return absl::OkStatus();
    }
    yaml_mark_t mark = parser_.problem_mark;
    if (parser_.error == YAML_READER_ERROR) {
      const absl::string_view before = text_.substr(0, parser_.problem_offset);
      mark.line = absl::c_count(before, '\n');
      mark.column = before.size() - (before.rfind('\n') + 1);  // npos + 1 is 0
    }
    std::string what = parser_.problem ? parser_.problem : "a syntax error";
    if (parser_.context != nullptr) {
      absl::StrAppend(&what, ", ", parser_.context, " from line ",
                      parser_.context_mark.line + 1, ", column ",
                      parser_.context_mark.column + 1);
    }
    return FailAt(mark, what);
  }

  absl::Status Count(int64_t size, const yaml_mark_t& mark) {
    num_values_ += size;
    if (num_values_ <= most_values_) return absl::OkStatus();
    return FailAt(mark, "aliases of aliases multiply its values");
  }

  // What `event` begins, `depth` lists and dicts around it.
  absl::StatusOr<Tree> Read(const Event& event, int depth) {
    constexpr int kMaxDepth = 100;
    Tree tree;
    absl::string_view anchor;
    if (event->type == YAML_ALIAS_EVENT) {
      const absl::string_view name = TextOf(event->data.alias.anchor);
      const auto found = anchors_.find(std::string(name));
      if (found == anchors_.end()) {
        return FailAt(event->start_mark, absl::StrCat("no anchor &", name,
                                                      " ends before *", name));
      }
      if (depth + found->second.height > kMaxDepth) {
        return FailAt(event->start_mark, "nested deeper than 100");
      }
      // Before it is copied.
      RETURN_IF_ERROR(Count(found->second.size, event->start_mark));
      return found->second;
    }
    if (depth > kMaxDepth) {
      return FailAt(event->start_mark, "nested deeper than 100");
    }
    if (event->type == YAML_SEQUENCE_START_EVENT) {
      anchor = TextOf(event->data.sequence_start.anchor);
      ASSIGN_OR_RETURN(tree, List(event, depth));
    } else if (event->type == YAML_MAPPING_START_EVENT) {
      anchor = TextOf(event->data.mapping_start.anchor);
      ASSIGN_OR_RETURN(tree, Map(event, depth));
    } else {
      anchor = TextOf(event->data.scalar.anchor);
      ASSIGN_OR_RETURN(tree.value, Scalar(event));
      tree.size += static_cast<int64_t>(event->data.scalar.length / 64);
      RETURN_IF_ERROR(Count(tree.size, event->start_mark));
    }
    if (!anchor.empty()) {
      // The copy that is kept counts too.
      RETURN_IF_ERROR(Count(tree.size, event->start_mark));
      anchors_.insert_or_assign(std::string(anchor), tree);
    }
    return tree;
  }

  static void AddTo(const Tree& item, Tree* tree) {
    tree->size += item.size;
    tree->height = std::max(tree->height, item.height + 1);
  }

  absl::StatusOr<Tree> List(const Event& start, int depth) {
    const yaml_mark_t mark = start->start_mark;
    ASSIGN_OR_RETURN(const absl::string_view kind,
                     KindOf(start->data.sequence_start.tag, mark));
    if (!kind.empty() && kind != "seq" && kind != "tuple") {
      return FailAt(mark, absl::StrCat("a list is no !!", kind));
    }
    RETURN_IF_ERROR(Count(1, mark));
    Tree tree;
    Value::List list;
    while (true) {
      Event event;
      RETURN_IF_ERROR(Next(&event));
      if (event->type == YAML_SEQUENCE_END_EVENT) break;
      ASSIGN_OR_RETURN(Tree item, Read(event, depth + 1));
      AddTo(item, &tree);
      list.push_back(std::move(item.value));
    }
    tree.value = std::move(list);
    return tree;
  }

  absl::StatusOr<Tree> Map(const Event& start, int depth) {
    const yaml_mark_t mark = start->start_mark;
    ASSIGN_OR_RETURN(const absl::string_view kind,
                     KindOf(start->data.mapping_start.tag, mark));
    if (!kind.empty() && kind != "map") {
      return FailAt(mark, absl::StrCat("a dict is no !!", kind));
    }
    RETURN_IF_ERROR(Count(1, mark));
    Tree tree;
    Dict own;
    Dict merged;
    while (true) {
      Event key_event;
      RETURN_IF_ERROR(Next(&key_event));
      if (key_event->type == YAML_MAPPING_END_EVENT) break;
      const bool is_merge = key_event->type == YAML_SCALAR_EVENT &&
                            key_event->data.scalar.plain_implicit != 0 &&
                            TextOf(key_event->data.scalar.value) == "<<";
      Dict::Key key;
      if (!is_merge) {
        ASSIGN_OR_RETURN(key, Key(key_event, depth));
      }
      Event event;
      RETURN_IF_ERROR(Next(&event));
      ASSIGN_OR_RETURN(Tree item, Read(event, depth + 1));
      AddTo(item, &tree);
      if (is_merge) {
        RETURN_IF_ERROR(Merge(item.value, event->start_mark, &merged));
      } else {
        own.Set(std::move(key), std::move(item.value));
      }
    }
    // PyYAML has the merged ones first, and the own ones win.
    if (merged.empty()) {
      tree.value = std::move(own);
      return tree;
    }
    for (const auto& [key, value] : own) merged.Set(key, value);
    tree.value = std::move(merged);
    return tree;
  }

  absl::StatusOr<Dict::Key> Key(const Event& event, int depth) {
    if (event->type == YAML_SCALAR_EVENT || event->type == YAML_ALIAS_EVENT) {
      ASSIGN_OR_RETURN(Tree key, Read(event, depth));
      if (auto* text = key.value.get_if<std::string>()) return std::move(*text);
      if (const auto* integer = key.value.get_if<int64_t>()) return *integer;
    }
    return FailAt(event->start_mark,
                  "a key must be a text or an integer; quote it");
  }

  // The first of several sources wins.
  absl::Status Merge(const Value& source, const yaml_mark_t& mark,
                     Dict* merged) {
    if (const auto* list = source.get_if<Value::List>()) {
      // From the last to the first, as PyYAML orders their keys.
      for (auto item = list->rbegin(); item != list->rend(); ++item) {
        if (item->get_if<Dict>() == nullptr) {
          return FailAt(mark, "<< takes a dict or a list of dicts");
        }
        RETURN_IF_ERROR(Merge(*item, mark, merged));
      }
      return absl::OkStatus();
    }
    const auto* dict = source.get_if<Dict>();
    if (dict == nullptr) {
      return FailAt(mark, "<< takes a dict or a list of dicts");
    }
    for (const auto& [key, item] : *dict) merged->Set(key, item);
    return absl::OkStatus();
  }

  static absl::StatusOr<Value> Scalar(const Event& event) {
    const auto& scalar = event->data.scalar;
    const yaml_mark_t& mark = event->start_mark;
    const absl::string_view text(TextOf(scalar.value).data(), scalar.length);
    ASSIGN_OR_RETURN(const absl::string_view kind, KindOf(scalar.tag, mark));
    if (kind == "str" || (kind.empty() && scalar.plain_implicit == 0)) {
      return Value(text);
    }
    if (kind == "binary") {
      std::string bytes;
      if (!absl::Base64Unescape(text, &bytes)) {
        return FailAt(mark, "!!binary that is no base64");
      }
      return Value(Value::Bytes{std::move(bytes)});
    }
    const absl::optional<Value> value = ResolveYamlScalar(text);
    if (!value.has_value()) {
      return FailAt(mark, "an integer beyond 64 bits; quote it");
    }
    if (kind == "float" && value->AsReal("").ok()) {
      return Value(*value->AsReal(""));
    }
    if (!kind.empty() && value->type_name() != kind &&
        !(kind == "null" && value->is_none())) {
      return FailAt(mark, absl::StrCat("\"", absl::CHexEscape(text),
                                       "\" is no !!", kind));
    }
    return *value;
  }

  const absl::string_view text_;
  const int64_t most_values_;
  yaml_parser_t parser_;
  std::unordered_map<std::string, Tree> anchors_;
  int64_t num_values_ = 0;
};

}  // namespace

absl::StatusOr<Value> FromYaml(absl::string_view text) {
  if (!IsUtf8(text)) {
    return absl::InvalidArgumentError(
        "no YAML: it is not UTF-8; convert it (iconv -t UTF-8)");
  }
  return YamlReader(text).ReadText();
}

}  // namespace anneal
