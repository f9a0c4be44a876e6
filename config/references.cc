#include "config/references.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/optional.h"
#include "config/file_variables.h"
#include "config/limits.h"
#include "config/override.h"
#include "config/provenance.h"
#include "utils/real_text.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

constexpr char kBasePrefix[] = "_base_.";

// Of NAME or NAME:default.
absl::StatusOr<Node> Environment(absl::string_view expression,
                                 const Place& place, bool may_be_empty) {
  const size_t colon = expression.find(':');
  const absl::string_view name =
      absl::StripAsciiWhitespace(expression.substr(0, colon));
  absl::optional<absl::string_view> fallback;
  if (colon != expression.npos) {
    fallback = absl::StripAsciiWhitespace(expression.substr(colon + 1));
  }
  ASSIGN_OR_RETURN(const EnvironmentValue value,
                   ReadEnvironment(name, fallback, place, may_be_empty));
  Node node = ParseOverrideValue(value.text, place);
  node.place.origin = std::make_shared<const std::string>(absl::StrCat(
      value.is_default ? "default of $" : "$", name, " at ", place.ToString()));
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
  if (absl::StartsWith(name, kBasePrefix)) {
    return LookUp(name.substr(sizeof(kBasePrefix) - 1), place);
  }
  if (absl::StartsWith(name, "$")) {
    return Environment(name.substr(1), place, /*may_be_empty=*/false);
  }
  if (const auto value = FileVariable(name, path_)) return Node(*value, place);
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
  const absl::string_view whole = text;
  size_t position = 0;
  // The first of each at `position` or behind it; each is searched for once.
  size_t braces = whole.find("{{");
  size_t dollar = whole.find("${");
  while (true) {
    if (braces < position) braces = whole.find("{{", position);
    if (dollar < position) dollar = whole.find("${", position);
    const size_t start = std::min(braces, dollar);
    if (start == whole.npos) break;
    const absl::string_view close = start == braces ? "}}" : "}";
    const size_t end = whole.find(close, start + 2);
    if (end == whole.npos) {
      return ErrorAt(place, absl::StrCat("no \"", close, "\" closes \"",
                                         whole.substr(start, 40), "\""));
    }
    const absl::string_view inside = whole.substr(start + 2, end - start - 2);
    ASSIGN_OR_RETURN(const Node value,
                     start == braces ? Resolve(inside, place)
                                     : Environment(inside, place,
                                                   /*may_be_empty=*/true));
    const bool is_whole = start == 0 && end + close.size() == whole.size();
    const absl::string_view reference =
        whole.substr(start, end + close.size() - start);
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
    absl::StrAppend(&result, whole.substr(position, start - position),
                    ScalarText(value));
    NoteInserted(reference, value.place, &made);
    position = end + close.size();
  }
  if (position > 0) {
    absl::StrAppend(&result, whole.substr(position));
    *node = Node(std::move(result), made.place);
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
