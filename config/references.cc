#include "config/references.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "config/limits.h"
#include "config/override.h"
#include "config/provenance.h"
#include "utils/real_text.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

namespace fs = std::filesystem;

constexpr char kBasePrefix[] = "_base_.";

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

}  // namespace

std::string ScalarText(const Node& node) {
  if (const auto* text = node.get_if<std::string>()) return *text;
  if (const auto* integer = node.get_if<int64_t>())
    return absl::StrCat(*integer);
  if (const auto* real = node.get_if<double>()) return RealText(*real);
  if (const auto* flag = node.get_if<bool>()) return *flag ? "True" : "False";
  return "None";
}

absl::StatusOr<Node> References::LookUp(absl::string_view path,
                                        const Place& place) {
  const Node* node = bases_;
  for (absl::string_view key : absl::StrSplit(path, '.')) {
    const Node* child = FindChild(*node, key);
    if (child == nullptr) {
      return ErrorAt(
          place, absl::StrCat("{{ _base_.", path, " }}: the bases have no \"",
                              key, "\" there"));
    }
    node = child;
  }
  num_copied_ += TreeSize(*node);
  if (num_copied_ > kMaxTreeSize) {
    return ErrorAt(place, "references copy more than a million values");
  }
  Node copy = *node;
  return copy;
}

// What stands between {{ and }}.
absl::StatusOr<Node> References::Resolve(absl::string_view expression,
                                         const Place& place) {
  const absl::string_view name = absl::StripAsciiWhitespace(expression);
  const fs::path path(path_);
  if (absl::StartsWith(name, kBasePrefix)) {
    return LookUp(name.substr(sizeof(kBasePrefix) - 1), place);
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

// Replaces the references in a string.
absl::Status References::SubstituteString(Node* node) {
  const std::string text = *node->get_if<std::string>();
  const Place place = node->place;
  Node made(Node::None(), place);  // only its place counts
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
                                           ? Resolve(inside, place)
                                           : Environment(inside, place));
    const bool is_whole = start == 0 && rest.size() == text.size() &&
                          end + close.size() == rest.size();
    const absl::string_view reference =
        rest.substr(start, end + close.size() - start);
    if (is_whole) {
      *node = value;
      // A variable's place tells it.
      if (absl::StrContains(reference, kBasePrefix)) {
        NoteReference(reference, place, node);
      }
      return absl::OkStatus();
    }
    if (value.get_if<Node::List>() || value.get_if<Node::Map>()) {
      return ErrorAt(place, absl::StrCat("\"", inside, "\" is ", value.kind(),
                                         " and can't stand inside a string"));
    }
    absl::StrAppend(&result, rest.substr(0, start), ScalarText(value));
    NoteInserted(reference, value.place, &made);
    rest.remove_prefix(end + close.size());
  }
  if (rest.size() != text.size()) {
    *node = Node(result + std::string(rest), made.place);
  }
  return absl::OkStatus();
}

absl::Status References::Substitute(Node* node) {
  if (node->get_if<std::string>()) return SubstituteString(node);
  if (auto* list = node->get_if<Node::List>()) {
    for (Node& item : *list) RETURN_IF_ERROR(Substitute(&item));
  } else if (auto* map = node->get_if<Node::Map>()) {
    for (auto& entry : *map) RETURN_IF_ERROR(Substitute(&entry.value));
  }
  return absl::OkStatus();
}

}  // namespace anneal::config
