#include <yaml.h>

#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "config/limits.h"
#include "config/reader.h"
#include "config/scalar.h"
#include "utils/status_macros.h"

namespace anneal::config {
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

// Bytes of all strings and keys of a tree.
int64_t TextSize(const Node& node) {
  if (const auto* text = node.get_if<std::string>()) return text->size();
  int64_t size = 0;
  if (const auto* list = node.get_if<Node::List>()) {
    for (const Node& item : *list) size += TextSize(item);
  } else if (const auto* map = node.get_if<Node::Map>()) {
    for (const Node::Entry& entry : *map) {
      size += entry.key.size() + TextSize(entry.value);
    }
  }
  return size;
}

// Builds the tree from libyaml's events.
class YamlReader {
 public:
  YamlReader(absl::string_view text, const std::string& file_name)
      : text_(text), origin_(std::make_shared<const std::string>(file_name)) {
    yaml_parser_initialize(&parser_);
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(
        &parser_, reinterpret_cast<const unsigned char*>(text.data()),
        text.size());
  }
  ~YamlReader() { yaml_parser_delete(&parser_); }
  YamlReader(const YamlReader&) = delete;
  YamlReader& operator=(const YamlReader&) = delete;

  absl::StatusOr<Node> ReadFile() {
    const Place start{origin_, 1, 1};
    if (text_.size() > kMaxTextSize) return ErrorAt(start, "more than 16 MiB");
    Node root(Node::Map(), start);
    for (int num_documents = 0;;) {
      Event event;
      RETURN_IF_ERROR(Next(&event));
      if (event->type == YAML_STREAM_END_EVENT) return root;
      if (event->type != YAML_DOCUMENT_START_EVENT) continue;
      if (++num_documents > 1) {
        return ErrorAt(PlaceOf(event->start_mark),
                       "a second document starts; a config is one: remove its "
                       "\"---\"");
      }
      Event first;
      RETURN_IF_ERROR(Next(&first));
      ASSIGN_OR_RETURN(Node node, Read(first, 0));
      if (!node.is_none()) root = std::move(node);
    }
  }

 private:
  Place PlaceOf(const yaml_mark_t& mark) const {
    return {origin_, static_cast<int>(mark.line) + 1,
            static_cast<int>(mark.column) + 1};
  }

  absl::Status Next(Event* event) {
    if (yaml_parser_parse(&parser_, event->get()) != 0) {
      return absl::OkStatus();
    }
    if (parser_.error == YAML_READER_ERROR) return NotText();
    const Place place = PlaceOf(parser_.problem_mark);
    if (parser_.problem != nullptr &&
        absl::StrContains(parser_.problem, "depth")) {
      return ErrorAt(place, "nested too deeply");
    }
    return ErrorAt(place,
                   absl::StrCat("YAML syntax: ",
                                parser_.problem ? parser_.problem : "unknown",
                                "; check indentation, brackets and quotes"));
  }

  // What libyaml says where it meets no character of a text.
  absl::Status NotText() const {
    const absl::string_view before = text_.substr(0, parser_.problem_offset);
    const size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    const Place place{origin_,
                      static_cast<int>(absl::c_count(before, '\n')) + 1,
                      static_cast<int>(before.size() - line_start) + 1};
    const absl::string_view shown =
        text_.substr(line_start, before.size() - line_start + 1);
    const bool is_control =
        absl::StrContains(parser_.problem, "control characters");
    return ErrorAt(
        place,
        absl::StrCat(is_control ? "a control character: \"" : "not UTF-8: \"",
                     absl::CHexEscape(shown.substr(
                         shown.size() > 40 ? shown.size() - 40 : 0)),
                     is_control ? "\"; write it as \"\\x07\" in quotes"
                                : "\"; write it in UTF-8"));
  }

  absl::Status Count(int64_t num_values, int64_t num_bytes,
                     const Place& place) {
    size_ += num_values;
    text_size_ += num_bytes;
    if (size_ > kMaxTreeSize) {
      return ErrorAt(place, "more than a million values");
    }
    if (text_size_ > kMaxTextSize) {
      return ErrorAt(place,
                     "more than 16 MiB of text; anchors and aliases inside "
                     "of each other multiply it");
    }
    return absl::OkStatus();
  }

  // Counted before it is copied: aliases of aliases grow exponentially.
  absl::Status CountAliased(int64_t num_values, const Place& place) {
    aliased_size_ += num_values;
    if (aliased_size_ <= kMaxAliasSize) return Count(num_values, 0, place);
    return ErrorAt(place,
                   "aliases copy more than 100,000 values; aliases that refer "
                   "to aliases multiply");
  }

  // The node that starts with `event`.
  absl::StatusOr<Node> Read(const Event& event, int depth) {
    const Place place = PlaceOf(event->start_mark);
    if (depth > kMaxDepth) return ErrorAt(place, "nested too deeply");
    if (event->type == YAML_ALIAS_EVENT) return Alias(event, place, depth);
    absl::StatusOr<Node> node = Node();
    absl::string_view anchor;
    RETURN_IF_ERROR(Count(1, 0, place));
    if (event->type == YAML_SEQUENCE_START_EVENT) {
      RETURN_IF_ERROR(CheckTag(event->data.sequence_start.tag, place));
      anchor = TextOf(event->data.sequence_start.anchor);
      node = ReadList(depth, place);
    } else if (event->type == YAML_MAPPING_START_EVENT) {
      RETURN_IF_ERROR(CheckTag(event->data.mapping_start.tag, place));
      anchor = TextOf(event->data.mapping_start.anchor);
      node = ReadMap(depth, place);
    } else {
      RETURN_IF_ERROR(CheckTag(event->data.scalar.tag, place));
      anchor = TextOf(event->data.scalar.anchor);
      RETURN_IF_ERROR(Count(0, event->data.scalar.length, place));
      node = Node(ReadScalar(event), place);
    }
    if (node.ok() && !anchor.empty()) {
      // The copy that is kept counts too.
      RETURN_IF_ERROR(CountAliased(TreeSize(*node), place));
      RETURN_IF_ERROR(Count(0, TextSize(*node), place));
      anchors_.insert_or_assign(std::string(anchor), *node);
    }
    return node;
  }

  absl::StatusOr<Node> Alias(const Event& event, const Place& place,
                             int depth) {
    const absl::string_view name = TextOf(event->data.alias.anchor);
    const auto anchor = anchors_.find(std::string(name));
    if (anchor == anchors_.end()) {
      return ErrorAt(place, absl::StrCat("YAML syntax: no anchor \"&", name,
                                         "\" ends before *", name));
    }
    RETURN_IF_ERROR(CountCopy(anchor->second, depth));
    return anchor->second;
  }

  absl::Status CountCopy(const Node& node, int depth) {
    if (depth > kMaxDepth) return ErrorAt(node.place, "nested too deeply");
    const auto* text = node.get_if<std::string>();
    RETURN_IF_ERROR(CountAliased(1, node.place));
    RETURN_IF_ERROR(Count(0, text ? text->size() : 0, node.place));
    if (const auto* list = node.get_if<Node::List>()) {
      for (const Node& item : *list) {
        RETURN_IF_ERROR(CountCopy(item, depth + 1));
      }
    } else if (const auto* map = node.get_if<Node::Map>()) {
      for (const Node::Entry& entry : *map) {
        RETURN_IF_ERROR(Count(0, entry.key.size(), entry.place));
        RETURN_IF_ERROR(CountCopy(entry.value, depth + 1));
      }
    }
    return absl::OkStatus();
  }

  absl::StatusOr<Node> ReadList(int depth, const Place& place) {
    Node::List list;
    while (true) {
      Event event;
      RETURN_IF_ERROR(Next(&event));
      if (event->type == YAML_SEQUENCE_END_EVENT) {
        return Node(std::move(list), place);
      }
      ASSIGN_OR_RETURN(list.emplace_back(), Read(event, depth + 1));
    }
  }

  absl::StatusOr<Node> ReadMap(int depth, const Place& place) {
    Node::Map map;
    std::unordered_map<std::string, Place> places;
    Node::Map merged;
    while (true) {
      Event key_event;
      RETURN_IF_ERROR(Next(&key_event));
      if (key_event->type == YAML_MAPPING_END_EVENT) break;
      const Place key_place = PlaceOf(key_event->start_mark);
      if (key_event->type != YAML_SCALAR_EVENT) {
        return ErrorAt(
            key_place,
            "a key must be a word; quote it (a reference too: \"{{ ... }}\")");
      }
      const auto& scalar = key_event->data.scalar;
      std::string key(TextOf(scalar.value).data(), scalar.length);
      RETURN_IF_ERROR(Count(0, scalar.length, key_place));
      Event event;
      RETURN_IF_ERROR(Next(&event));
      ASSIGN_OR_RETURN(Node child, Read(event, depth + 1));
      if (key == "<<" && scalar.style == YAML_PLAIN_SCALAR_STYLE) {
        RETURN_IF_ERROR(AddMerged(std::move(child), &merged));
        continue;
      }
      const auto [first, is_new] = places.emplace(key, key_place);
      if (!is_new) {
        return ErrorAt(key_place,
                       absl::StrCat("\"", key, "\" is given twice, first at ",
                                    first->second.ToString(), "; remove one"));
      }
      map.push_back({std::move(key), key_place, std::move(child)});
    }
    // The dict's own keys count, then the first of the merged.
    for (Node::Entry& entry : merged) {
      if (places.emplace(entry.key, entry.place).second) {
        map.push_back(std::move(entry));
      }
    }
    return Node(std::move(map), place);
  }

  // Adds the entries of what "<<" refers to.
  absl::Status AddMerged(Node source, Node::Map* merged) {
    if (auto* list = source.get_if<Node::List>()) {
      for (Node& item : *list) {
        RETURN_IF_ERROR(AddMerged(std::move(item), merged));
      }
      return absl::OkStatus();
    }
    auto* map = source.get_if<Node::Map>();
    if (map == nullptr) {
      return ErrorAt(source.place, "<< takes a dict or a list of dicts");
    }
    std::move(map->begin(), map->end(), std::back_inserter(*merged));
    return absl::OkStatus();
  }

  static absl::Status CheckTag(const yaml_char_t* tag, const Place& place) {
    static constexpr absl::string_view kTypes = "tag:yaml.org,2002:";
    static constexpr absl::string_view kPlain[] = {
        "", "!", "str", "int", "float", "bool", "null", "seq", "map"};
    const absl::string_view name = absl::StripPrefix(TextOf(tag), kTypes);
    if (absl::c_linear_search(kPlain, name)) return absl::OkStatus();
    return ErrorAt(place, absl::StrCat("the tag ", TextOf(tag),
                                       " is not known; write a plain value"));
  }

  static decltype(Node::value) ReadScalar(const Event& event) {
    const auto& scalar = event->data.scalar;
    std::string text(TextOf(scalar.value).data(), scalar.length);
    const absl::string_view tag = TextOf(scalar.tag);
    if (scalar.style != YAML_PLAIN_SCALAR_STYLE || tag == "!" ||
        tag == YAML_STR_TAG) {
      return text;
    }
    const std::string lower = absl::AsciiStrToLower(text);
    if (lower == "null" || lower == "~" || lower.empty() || text == "None") {
      return Node::None();
    }
    if (lower == "true" || lower == "yes" || lower == "on") return true;
    if (lower == "false" || lower == "no" || lower == "off") return false;
    int64_t integer;
    if (ParseInteger(text, &integer)) return integer;
    double real;
    // Words in YAML, where the numbers are .inf and .nan.
    const bool has_digit_or_point =
        text.find_first_of(".0123456789") != text.npos;
    if (has_digit_or_point && ParseReal(text, &real)) return real;
    return text;
  }

  absl::string_view text_;
  std::shared_ptr<const std::string> origin_;
  yaml_parser_t parser_;
  std::unordered_map<std::string, Node> anchors_;
  int64_t size_ = 0;
  int64_t aliased_size_ = 0;
  int64_t text_size_ = 0;
};

}  // namespace

absl::StatusOr<Node> ReadYaml(absl::string_view text,
                              const std::string& file_name) {
  return YamlReader(text, file_name).ReadFile();
}

}  // namespace anneal::config
