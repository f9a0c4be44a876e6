#include <yaml-cpp/yaml.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
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
    // Counted as it is copied: aliases of aliases grow exponentially.
    if (++size_ > kMaxTreeSize) {
      return ErrorAt(place,
                     "more than a million values; aliases that refer to "
                     "aliases multiply");
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
    Node node(Node::Map(), place);
    Node merged(Node::Map(), place);
    for (const auto& item : yaml) {
      const Place key_place = PlaceOf(item.first.Mark());
      if (!item.first.IsScalar()) {
        return ErrorAt(key_place, "a key must be a word; quote it");
      }
      const std::string key = item.first.Scalar();
      ASSIGN_OR_RETURN(Node child, Read(item.second, depth + 1));
      if (key == "<<" && item.first.Tag() != "!") {
        RETURN_IF_ERROR(Merge(std::move(child), &merged));
        continue;
      }
      auto& map = *node.get_if<Node::Map>();
      for (const Node::Entry& other : map) {
        if (other.key != key) continue;
        return ErrorAt(key_place,
                       absl::StrCat("\"", key, "\" is given twice, first at ",
                                    other.place.ToString(), "; remove one"));
      }
      map.push_back({key, key_place, std::move(child)});
    }
    for (Node::Entry& entry : *merged.get_if<Node::Map>()) {
      if (!node.Find(entry.key)) {
        node.get_if<Node::Map>()->push_back(std::move(entry));
      }
    }
    return node;
  }

  // Adds what "<<" refers to; of several, the first counts.
  absl::Status Merge(Node source, Node* merged) {
    if (auto* list = source.get_if<Node::List>()) {
      for (Node& item : *list) RETURN_IF_ERROR(Merge(std::move(item), merged));
      return absl::OkStatus();
    }
    auto* map = source.get_if<Node::Map>();
    if (map == nullptr) {
      return ErrorAt(source.place, "<< takes a dict or a list of dicts");
    }
    for (Node::Entry& entry : *map) {
      if (!merged->Find(entry.key)) {
        merged->get_if<Node::Map>()->push_back(std::move(entry));
      }
    }
    return absl::OkStatus();
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
    if (lower != "inf" && lower != "nan" && ParseReal(text, &real)) return real;
    return text;
  }

  std::shared_ptr<const std::string> origin_;
  int64_t size_ = 0;
};

}  // namespace

absl::StatusOr<Node> ReadYaml(absl::string_view text,
                              const std::string& file_name) {
  YamlReader reader(file_name);
  // yaml-cpp reports by exceptions only.
  try {
    const YAML::Node yaml = YAML::Load(std::string(text));
    if (yaml.IsNull()) return Node(Node::Map(), reader.PlaceOf(yaml.Mark()));
    return reader.Read(yaml, 0);
  } catch (const YAML::Exception& error) {
    return ErrorAt(reader.PlaceOf(error.mark),
                   absl::StrCat("YAML syntax: ", error.msg,
                                "; check indentation, brackets and quotes"));
  }
}

}  // namespace anneal::config
