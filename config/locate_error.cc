#include "config/locate_error.h"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace anneal::config {
namespace {

bool IsOfWord(char c) { return absl::ascii_isalnum(c) || c == '_'; }

// Whether `text`, what a message has behind a field's name, begins with a value
// that is `node`.
bool BeginsWithValue(absl::string_view text, const Node &node) {
  for (const char *between : {" is", " of", " =", ":", "=", " has"}) {
    if (absl::ConsumePrefix(&text, between)) break;
  }
  text = absl::StripLeadingAsciiWhitespace(text);
  if (const auto *word = node.get_if<std::string>()) {
    return absl::StartsWith(text, absl::StrCat("\"", *word, "\"")) ||
           (absl::StartsWith(text, *word) && !word->empty() &&
            (text.size() == word->size() || !IsOfWord(text[word->size()])));
  }
  size_t size = 0;
  while (size < text.size() &&
         (IsOfWord(text[size]) || absl::StrContains("+-.", text[size]))) {
    ++size;
  }
  absl::string_view word = text.substr(0, size);
  absl::ConsumeSuffix(&word, ".");
  if (const auto *boolean = node.get_if<bool>()) {
    return word == (*boolean ? "true" : "false");
  }
  double number = 0;
  if (!absl::SimpleAtod(word, &number)) return false;
  if (const auto *integer = node.get_if<int64_t>()) return number == *integer;
  const auto *real = node.get_if<double>();
  // A message may show a float's digits.
  return real != nullptr && (number == *real || static_cast<float>(number) ==
                                                    static_cast<float>(*real));
}

// The name of a dict's class without its scope.
absl::string_view ClassOf(const Node &dict) {
  const Node *type = dict.Find("type");
  const auto *name = type == nullptr ? nullptr : type->get_if<std::string>();
  if (name == nullptr) return "";
  return absl::string_view(*name).substr(name->rfind('.') + 1);
}

// How much of a message is about a field; 0: nothing.
struct Mention {
  int rating = 0;
  size_t begin = absl::string_view::npos;
};

Mention FindMention(absl::string_view message, absl::string_view class_name,
                    const Node::Entry &entry) {
  Mention best;
  const absl::string_view key = entry.key;
  if (key.empty() || key == "type") return best;
  for (size_t begin = message.find(key); begin != message.npos;
       begin = message.find(key, begin + 1)) {
    const absl::string_view before = message.substr(0, begin);
    const absl::string_view after = message.substr(begin + key.size());
    if ((!before.empty() && IsOfWord(before.back())) ||
        (!after.empty() && IsOfWord(after[0]))) {
      continue;
    }
    const bool has_class =
        !class_name.empty() &&
        (absl::EndsWith(before, absl::StrCat(class_name, ".")) ||
         absl::StartsWith(message, absl::StrCat(class_name, ": ")));
    // Of another class.
    if (!has_class && absl::EndsWith(before, ".")) continue;
    const int rating = BeginsWithValue(after, entry.value) + 2 * has_class;
    if (rating > best.rating) best = {rating, begin};
  }
  return best;
}

// The dict that a message is most about, or those, and its field that comes
// first there.
class Search {
 public:
  explicit Search(absl::string_view message) : message_(message) {}

  void Visit(const Node &node, const std::string &path) {
    const std::string prefix = path.empty() ? "" : absl::StrCat(path, ".");
    if (const auto *list = node.get_if<Node::List>()) {
      for (size_t i = 0; i < list->size(); ++i) {
        Visit((*list)[i], absl::StrCat(prefix, i));
      }
    }
    const auto *dict = node.get_if<Node::Map>();
    if (dict == nullptr) return;
    int rating = 0;
    size_t begin = absl::string_view::npos;
    const Node::Entry *first = nullptr;
    for (const Node::Entry &entry : *dict) {
      Visit(entry.value, absl::StrCat(prefix, entry.key));
      const Mention mention = FindMention(message_, ClassOf(node), entry);
      rating += mention.rating;
      if (mention.rating == 0 || mention.begin >= begin) continue;
      begin = mention.begin;
      first = &entry;
    }
    if (rating == 0 || rating < rating_) return;
    if (rating > rating_) found_.clear();
    rating_ = rating;
    found_.push_back(
        absl::StrCat(first->value.place.ToString(), ": ", prefix, first->key));
  }

  // "place: path" of each.
  const std::vector<std::string> &found() const { return found_; }

 private:
  const absl::string_view message_;
  int rating_ = 0;
  std::vector<std::string> found_;
};

}  // namespace

absl::Status LocateError(const Node &tree, const absl::Status &status) {
  constexpr size_t kMostNamed = 5;
  if (!absl::IsInvalidArgument(status)) return status;
  Search search(status.message());
  search.Visit(tree, "");
  const std::vector<std::string> &found = search.found();
  if (found.empty() || found.size() > kMostNamed) return status;
  return absl::InvalidArgumentError(
      absl::StrCat(absl::StrJoin(found, " or "), ": ", status.message()));
}

}  // namespace anneal::config
