#include "config/config_file.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "config/merge.h"
#include "config/override.h"
#include "config/reader.h"
#include "utils/nearest_name.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

namespace fs = std::filesystem;

constexpr char kBase[] = "_base_";
constexpr char kBasePrefix[] = "_base_.";

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::error_code error;
  if (fs::is_directory(path, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is a folder; name a config file in it"));
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::vector<std::string> siblings;
    fs::path folder = fs::path(path).parent_path();
    if (folder.empty()) folder = ".";
    for (const auto& entry : fs::directory_iterator(folder, error)) {
      siblings.push_back(entry.path().filename());
    }
    const std::string hint =
        DidYouMean(fs::path(path).filename().string(), siblings);
    return absl::NotFoundError(absl::StrCat(
        path, ": no such config file",
        hint.empty() ? absl::StrCat("; paths are relative to ",
                                    fs::current_path(error).string())
                     : hint));
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

absl::StatusOr<Node> ReadBySuffix(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  const std::string suffix = fs::path(path).extension();
  if (suffix == ".yaml" || suffix == ".yml") return ReadYaml(text, path);
  if (suffix == ".json") return ReadJson(text, path);
  if (suffix == ".textproto" || suffix == ".pbtxt") {
    return ReadTextproto(text, path);
  }
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": \"", suffix,
                   "\" is no config syntax Anneal reads; write it as "
                   ".yaml, .json or .textproto"));
}

// What references in one file may refer to.
struct Scope {
  std::string path;
  const Node* bases;  // merged
};

absl::StatusOr<Node> LookUp(absl::string_view path, const Node& root,
                            const Place& place) {
  const Node* node = &root;
  for (absl::string_view key : absl::StrSplit(path, '.')) {
    const Node* child = FindChild(*node, key);
    if (child == nullptr) {
      return ErrorAt(
          place, absl::StrCat("{{ _base_.", path, " }}: the bases have no \"",
                              key, "\" there"));
    }
    node = child;
  }
  Node copy = *node;
  return copy;
}

absl::StatusOr<Node> Environment(absl::string_view expression,
                                 const Place& place) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(expression, absl::MaxSplits(':', 1));
  const std::string name(absl::StripAsciiWhitespace(parts.first));
  const char* value = std::getenv(name.c_str());
  if (value == nullptr && !absl::StrContains(expression, ':')) {
    return ErrorAt(
        place, absl::StrCat("the environment variable ", name,
                            " is not set; set it, or give a default: ${", name,
                            ":value}"));
  }
  const std::string text =
      value ? value : std::string(absl::StripAsciiWhitespace(parts.second));
  Node node = ParseOverrideValue(text, place);
  node.place.origin = std::make_shared<const std::string>(absl::StrCat(
      value ? "$" + name : "default of $" + name, " at ", place.ToString()));
  node.place.line = 0;
  return node;
}

// What stands between {{ and }}.
absl::StatusOr<Node> Resolve(absl::string_view expression, const Scope& scope,
                             const Place& place) {
  const absl::string_view name = absl::StripAsciiWhitespace(expression);
  const fs::path path(scope.path);
  if (absl::StartsWith(name, kBasePrefix)) {
    return LookUp(name.substr(sizeof(kBasePrefix) - 1), *scope.bases, place);
  }
  if (absl::StartsWith(name, "$")) return Environment(name.substr(1), place);
  if (name == "fileDirname") {
    return Node(fs::absolute(path).parent_path().string(), place);
  }
  if (name == "fileBasename") return Node(path.filename().string(), place);
  if (name == "fileBasenameNoExtension") {
    return Node(path.stem().string(), place);
  }
  if (name == "fileExtname") return Node(path.extension().string(), place);
  return ErrorAt(place,
                 absl::StrCat("{{ ", name,
                              " }} is unknown; it may be "
                              "_base_.KEY, $VARIABLE:default, fileDirname, "
                              "fileBasename, fileBasenameNoExtension or "
                              "fileExtname"));
}

std::string ScalarText(const Node& node) {
  if (const auto* text = node.get_if<std::string>()) return *text;
  if (const auto* integer = node.get_if<int64_t>())
    return absl::StrCat(*integer);
  if (const auto* real = node.get_if<double>()) return absl::StrCat(*real);
  if (const auto* flag = node.get_if<bool>()) return *flag ? "True" : "False";
  return "None";
}

// Replaces the references in a string.
absl::Status SubstituteString(const Scope& scope, Node* node) {
  const std::string text = *node->get_if<std::string>();
  const Place place = node->place;
  std::string result;
  absl::string_view rest = text;
  while (true) {
    const size_t braces = rest.find("{{");
    const size_t dollar = rest.find("${");
    const size_t start = std::min(braces, dollar);
    if (start == rest.npos) break;
    const absl::string_view close = start == braces ? "}}" : "}";
    const size_t end = rest.find(close, start + 2);
    if (end == rest.npos) {
      return ErrorAt(place, absl::StrCat("no \"", close, "\" closes \"",
                                         rest.substr(start), "\""));
    }
    const absl::string_view inside = rest.substr(start + 2, end - start - 2);
    ASSIGN_OR_RETURN(const Node value, start == braces
                                           ? Resolve(inside, scope, place)
                                           : Environment(inside, place));
    const bool is_whole = start == 0 && rest.size() == text.size() &&
                          end + close.size() == rest.size();
    if (is_whole) {
      *node = value;
      return absl::OkStatus();
    }
    if (value.get_if<Node::List>() || value.get_if<Node::Map>()) {
      return ErrorAt(place, absl::StrCat("\"", inside, "\" is ", value.kind(),
                                         " and can't stand inside a string"));
    }
    absl::StrAppend(&result, rest.substr(0, start), ScalarText(value));
    rest.remove_prefix(end + close.size());
  }
  if (rest.size() != text.size())
    *node = Node(result + std::string(rest), place);
  return absl::OkStatus();
}

absl::Status Substitute(const Scope& scope, Node* node) {
  if (node->get_if<std::string>()) return SubstituteString(scope, node);
  if (auto* list = node->get_if<Node::List>()) {
    for (Node& item : *list) RETURN_IF_ERROR(Substitute(scope, &item));
  } else if (auto* map = node->get_if<Node::Map>()) {
    for (auto& entry : *map) RETURN_IF_ERROR(Substitute(scope, &entry.value));
  }
  return absl::OkStatus();
}

class Loader {
 public:
  absl::StatusOr<Node> Load(const std::string& path) {
    const std::string real = fs::weakly_canonical(path).string();
    if (std::find(open_.begin(), open_.end(), real) != open_.end()) {
      return absl::InvalidArgumentError(
          absl::StrCat(path, ": its _base_ comes back to itself: ",
                       absl::StrJoin(open_, " -> "), " -> ", real));
    }
    ASSIGN_OR_RETURN(Node node, ReadBySuffix(path));
    if (!node.get_if<Node::Map>()) {
      return ErrorAt(node.place,
                     absl::StrCat("a config is a dict, this is ", node.kind()));
    }
    open_.push_back(real);
    absl::StatusOr<Node> bases = LoadBases(path, node);
    open_.pop_back();
    if (!bases.ok()) return bases.status();
    node.Erase(kBase);
    RETURN_IF_ERROR(Substitute({path, &*bases}, &node));
    RETURN_IF_ERROR(Merge(std::move(node), &*bases));
    return bases;
  }

 private:
  absl::StatusOr<Node> LoadBases(const std::string& path, const Node& node) {
    Node merged(Node::Map(), node.place);
    const Node* base = node.Find(kBase);
    if (base == nullptr) return merged;
    Node::List names;
    if (const auto* list = base->get_if<Node::List>()) {
      names = *list;
    } else {
      names.push_back(*base);
    }
    for (const Node& name : names) {
      const auto* text = name.get_if<std::string>();
      if (text == nullptr) {
        return ErrorAt(name.place,
                       absl::StrCat("_base_ takes paths, found ", name.kind()));
      }
      ASSIGN_OR_RETURN(Node one,
                       Load((fs::path(path).parent_path() / *text).string()));
      for (Node::Entry& entry : *one.get_if<Node::Map>()) {
        if (const Node* other = merged.Find(entry.key)) {
          return ErrorAt(
              name.place,
              absl::StrCat("\"", entry.key, "\" is in two bases, at ",
                           other->place.ToString(), " and ",
                           entry.value.place.ToString(),
                           "; keep one, or chain the bases"));
        }
        merged.get_if<Node::Map>()->push_back(std::move(entry));
      }
    }
    return merged;
  }

  // Files being read, outermost first.
  std::vector<std::string> open_;
};

}  // namespace

absl::StatusOr<Node> LoadConfig(const std::string& path) {
  return Loader().Load(path);
}

}  // namespace anneal::config
