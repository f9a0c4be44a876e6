#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "config/limits.h"
#include "config/reader.h"
#include "config/scalar.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

class YamlReader {
 public:
  explicit YamlReader(const std::string& file_name)
      : origin_(std::make_shared<const std::string>(file_name)) {}

  absl::StatusOr<Node> Read(const YAML::Node& yaml, int depth) {
    const Place place = PlaceOf(yaml.Mark());
    if (depth > kMaxDepth) return ErrorAt(place, "nested too deeply");
    RETURN_IF_ERROR(CheckTag(yaml, place));
    // Counted as it is copied: aliases of aliases grow exponentially.
    ++size_;
    if (yaml.IsScalar()) text_size_ += yaml.Scalar().size();
    if (size_ > kMaxTreeSize || text_size_ > kMaxTextSize) {
      return ErrorAt(place, absl::StrCat(size_ > kMaxTreeSize
                                             ? "more than a million values"
                                             : "more than 16 MiB of text",
                                         "; aliases that refer to aliases "
                                         "multiply"));
    }
    switch (yaml.Type()) {
      case YAML::NodeType::Sequence:
        return ReadList(yaml, depth, place);
      case YAML::NodeType::Map:
        return ReadMap(yaml, depth, place);
      case YAML::NodeType::Scalar:
        return Node(ReadScalar(yaml), place);
      default:
        return Node(Node::None(), place);
    }
  }

  Place PlaceOf(const YAML::Mark& mark) const {
    return {origin_, mark.line + 1, mark.column + 1};
  }

 private:
  absl::StatusOr<Node> ReadList(const YAML::Node& yaml, int depth,
                                const Place& place) {
    Node::List list;
    for (const YAML::Node& item : yaml) {
      ASSIGN_OR_RETURN(list.emplace_back(), Read(item, depth + 1));
    }
    return Node(std::move(list), place);
  }

  absl::StatusOr<Node> ReadMap(const YAML::Node& yaml, int depth,
                               const Place& place) {
    Node::Map map;
    std::unordered_map<std::string, Place> places;
    Node::Map merged;
    for (const auto& item : yaml) {
      const Place key_place = PlaceOf(item.first.Mark());
      if (!item.first.IsScalar()) {
        return ErrorAt(
            key_place,
            "a key must be a word; quote it (a reference too: \"{{ ... }}\")");
      }
      const std::string key = item.first.Scalar();
      ASSIGN_OR_RETURN(Node child, Read(item.second, depth + 1));
      if (key == "<<" && item.first.Tag() != "!") {
        RETURN_IF_ERROR(AddMerged(std::move(child), &merged));
        continue;
      }
      const auto [first, is_new] = places.emplace(key, key_place);
      if (!is_new) {
        return ErrorAt(key_place,
                       absl::StrCat("\"", key, "\" is given twice, first at ",
                                    first->second.ToString(), "; remove one"));
      }
      map.push_back({key, key_place, std::move(child)});
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

  // yaml-cpp tells "?" for a plain scalar, "!" for a quoted one.
  static absl::Status CheckTag(const YAML::Node& yaml, const Place& place) {
    static constexpr absl::string_view kTypes = "tag:yaml.org,2002:";
    static constexpr absl::string_view kPlain[] = {
        "", "?", "!", "str", "int", "float", "bool", "null", "seq", "map"};
    const std::string& tag = yaml.Tag();
    const absl::string_view name = absl::StripPrefix(tag, kTypes);
    if (absl::c_linear_search(kPlain, name)) return absl::OkStatus();
    return ErrorAt(place, absl::StrCat("the tag ", tag,
                                       " is not known; write a plain value"));
  }

  static decltype(Node::value) ReadScalar(const YAML::Node& yaml) {
    const std::string& text = yaml.Scalar();
    // "!" is the tag of quoted scalars.
    if (yaml.Tag() == "!" || yaml.Tag() == "tag:yaml.org,2002:str") return text;
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

  std::shared_ptr<const std::string> origin_;
  int64_t size_ = 0;
  int64_t text_size_ = 0;
};

// The text with a comment at its end: yaml-cpp misses that a quote is not
// closed where the file ends with a line break.
std::string Ended(absl::string_view text) {
  const absl::string_view rest = absl::StripTrailingAsciiWhitespace(text);
  if (rest.size() == text.size()) return std::string(text);
  return absl::StrCat(text, text.back() == '\n' ? "#" : "\n#");
}

}  // namespace

absl::StatusOr<Node> ReadYaml(absl::string_view text,
                              const std::string& file_name) {
  YamlReader reader(file_name);
  const Place start = reader.PlaceOf(YAML::Mark());
  if (text.size() > kMaxTextSize) return ErrorAt(start, "more than 16 MiB");
  // yaml-cpp reports by exceptions only.
  try {
    const std::vector<YAML::Node> documents = YAML::LoadAll(Ended(text));
    if (documents.size() > 1) {
      return ErrorAt(reader.PlaceOf(documents[1].Mark()),
                     "a second document starts; a config is one: remove its "
                     "\"---\"");
    }
    if (documents.empty() || documents[0].IsNull()) {
      return Node(Node::Map(), start);
    }
    return reader.Read(documents[0], 0);
  } catch (const YAML::DeepRecursion& error) {
    return ErrorAt(reader.PlaceOf(error.mark), "nested too deeply");
  } catch (const YAML::Exception& error) {
    return ErrorAt(reader.PlaceOf(error.mark),
                   absl::StrCat("YAML syntax: ", error.msg,
                                "; check indentation, brackets and quotes"));
  }
}

}  // namespace anneal::config
