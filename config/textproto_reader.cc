#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "config/limits.h"
#include "config/reader.h"
#include "config/scalar.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

namespace io = google::protobuf::io;

// Keeps the tokenizer's first complaint.
class FirstError : public io::ErrorCollector {
 public:
  void AddError(int line, io::ColumnNumber column,
                const std::string& message) override {
    if (!message_.empty()) return;
    line_ = line + 1;
    column_ = column + 1;
    message_ = message;
  }
  bool found() const { return !message_.empty(); }
  int line_ = 0;
  int column_ = 0;
  std::string message_;
};

class TextprotoReader {
 public:
  TextprotoReader(absl::string_view text, const std::string& file_name)
      : origin_(std::make_shared<const std::string>(file_name)),
        stream_(text.data(), static_cast<int>(text.size())),
        tokens_(&stream_, &first_error_) {
    tokens_.set_comment_style(io::Tokenizer::SH_COMMENT_STYLE);
    tokens_.set_allow_f_after_float(true);
    tokens_.Next();
  }

  absl::StatusOr<Node> ReadFile() {
    Node node(Node::Map(), Here());
    node.place.line = 1;
    node.place.column = 1;
    RETURN_IF_ERROR(ReadFields("", 0, &node));
    if (first_error_.found()) {
      return ErrorAt({origin_, first_error_.line_, first_error_.column_},
                     absl::StrCat("textproto syntax: ", first_error_.message_));
    }
    return node;
  }

 private:
  // Where a dict has its keys.
  using Positions = std::unordered_map<std::string, size_t>;

  Place Here() {
    return {origin_, tokens_.current().line + 1, tokens_.current().column + 1};
  }
  absl::Status Fail(absl::string_view what) {
    if (first_error_.found()) {
      return ErrorAt({origin_, first_error_.line_, first_error_.column_},
                     absl::StrCat("textproto syntax: ", first_error_.message_));
    }
    return ErrorAt(Here(), absl::StrCat("textproto syntax: ", what));
  }
  bool AtEnd() { return tokens_.current().type == io::Tokenizer::TYPE_END; }
  bool Looking(absl::string_view text) {
    return !AtEnd() && tokens_.current().text == text;
  }
  bool Take(absl::string_view text) {
    if (!Looking(text)) return false;
    tokens_.Next();
    return true;
  }

  // Fields up to `end` ("" is the end of the file).
  absl::Status ReadFields(absl::string_view end, int depth, Node* node) {
    if (depth > kMaxDepth) return Fail("nested too deeply");
    Positions positions;
    if (node->Find("type")) positions["type"] = 0;  // of an Any
    while (true) {
      if (end.empty() ? AtEnd() : Take(end)) return absl::OkStatus();
      if (AtEnd()) {
        return Fail(absl::StrCat("the file ends before \"", end, "\""));
      }
      RETURN_IF_ERROR(ReadField(depth, &positions, node));
      if (!Take(",")) Take(";");
    }
  }

  absl::Status ReadField(int depth, Positions* positions, Node* node) {
    const Place place = Here();
    auto& map = *node->get_if<Node::Map>();
    if (Take("[")) {
      if (map.empty()) return ReadAny(depth, place, node);
      return Fail("a [type] must be all that its message holds");
    }
    if (tokens_.current().type != io::Tokenizer::TYPE_IDENTIFIER) {
      return Fail(absl::StrCat("expected a field's name, found \"",
                               tokens_.current().text, "\""));
    }
    const std::string key = tokens_.current().text;
    tokens_.Next();
    const bool has_colon = Take(":");
    if (!has_colon && !Looking("{") && !Looking("<")) {
      return Fail(absl::StrCat("expected \":\" or \"{\" after ", key));
    }
    ASSIGN_OR_RETURN(Node value, ReadValue(depth));
    if (IsMapEntry(value)) {
      value = Node(Node::List{value}, value.place);
    }
    const auto [position, is_new] = positions->emplace(key, map.size());
    if (is_new) {
      map.push_back({key, place, std::move(value)});
      return absl::OkStatus();
    }
    Node* existing = &map[position->second].value;
    if (existing->get_if<Node::List>() == nullptr) {
      Node::List list;
      list.push_back(std::move(*existing));
      const Place first = list[0].place;
      *existing = Node(std::move(list), first);
    }
    auto* list = existing->get_if<Node::List>();
    if (auto* more = value.get_if<Node::List>()) {
      for (Node& item : *more) list->push_back(std::move(item));
    } else {
      list->push_back(std::move(value));
    }
    return absl::OkStatus();
  }

  // `labels { key: "a" value: "x" }` is an entry of a map: a list of one, so
  // that it isn't taken for the map {key: a, value: x}.
  static bool IsMapEntry(const Node& node) {
    const auto* map = node.get_if<Node::Map>();
    return map != nullptr && map->size() == 2 && node.Find("key") &&
           node.Find("value");
  }

  // [type.googleapis.com/pkg.Message] { ... }: its fields become the dict's
  // own, with `type`; a StructComponent has that itself.
  absl::Status ReadAny(int depth, const Place& place, Node* node) {
    std::string url;
    while (!AtEnd() && !Looking("]")) {
      url += tokens_.current().text;
      tokens_.Next();
    }
    if (!Take("]")) return Fail("expected \"]\" after a type's name");
    Take(":");
    const std::string end = Looking("<") ? ">" : "}";
    if (!Take("{") && !Take("<")) return Fail("expected \"{\"");
    const std::string type = url.substr(url.rfind('/') + 1);
    if (type != "anneal.StructComponent") node->Set("type", Node(type, place));
    return ReadFields(end, depth + 1, node);
  }

  absl::StatusOr<Node> ReadValue(int depth) {
    if (depth > kMaxDepth) return Fail("nested too deeply");
    if (++size_ > kMaxTreeSize) return Fail("more than a million values");
    const Place place = Here();
    if (Looking("{") || Looking("<")) {
      const std::string end = Looking("{") ? "}" : ">";
      tokens_.Next();
      Node node(Node::Map(), place);
      RETURN_IF_ERROR(ReadFields(end, depth + 1, &node));
      return node;
    }
    if (Take("[")) return ReadList(depth, place);
    if (tokens_.current().type == io::Tokenizer::TYPE_STRING) {
      std::string text;
      while (tokens_.current().type == io::Tokenizer::TYPE_STRING) {
        io::Tokenizer::ParseStringAppend(tokens_.current().text, &text);
        tokens_.Next();
      }
      return Node(std::move(text), place);
    }
    const bool negative = Take("-");
    if (AtEnd()) return Fail("the file ends before a value");
    const io::Tokenizer::Token token = tokens_.current();
    decltype(Node::value) value;
    if (token.type == io::Tokenizer::TYPE_INTEGER) {
      value = Integer(token.text, negative);
    } else if (token.type == io::Tokenizer::TYPE_FLOAT) {
      const double real = io::Tokenizer::ParseFloat(token.text);
      value = negative ? -real : real;
    } else if (token.type == io::Tokenizer::TYPE_IDENTIFIER) {
      value = Word(token.text);
      if (negative) {
        const double* real = std::get_if<double>(&value);
        if (real == nullptr) return Fail("only a number may follow \"-\"");
        value = -*real;
      }
    } else {
      return Fail(absl::StrCat("expected a value, found \"", token.text, "\""));
    }
    tokens_.Next();
    return Node(std::move(value), place);
  }

  absl::StatusOr<Node> ReadList(int depth, const Place& place) {
    Node::List list;
    if (Take("]")) return Node(std::move(list), place);
    while (true) {
      ASSIGN_OR_RETURN(list.emplace_back(), ReadValue(depth + 1));
      if (Take("]")) return Node(std::move(list), place);
      if (!Take(",")) return Fail("expected \",\" or \"]\" in a list");
    }
  }

  // Decimal, 0x, or octal with a leading 0; a real beyond 64 bits.
  static decltype(Node::value) Integer(const std::string& text, bool negative) {
    constexpr uint64_t kLimit = uint64_t{1} << 63;
    uint64_t magnitude = 0;
    const bool fits = io::Tokenizer::ParseInteger(
        text, negative ? kLimit : kLimit - 1, &magnitude);
    if (fits) return static_cast<int64_t>(negative ? -magnitude : magnitude);
    const double real = io::Tokenizer::ParseFloat(text);
    return negative ? -real : real;
  }

  static decltype(Node::value) Word(const std::string& word) {
    if (word == "true" || word == "True") return true;
    if (word == "false" || word == "False") return false;
    double real;
    if (ParseReal(word, &real)) return real;  // inf, nan
    return word;
  }

  std::shared_ptr<const std::string> origin_;
  FirstError first_error_;
  io::ArrayInputStream stream_;
  io::Tokenizer tokens_;
  int64_t size_ = 0;
};

}  // namespace

absl::StatusOr<Node> ReadTextproto(absl::string_view text,
                                   const std::string& file_name) {
  if (text.size() > kMaxTextSize) {
    const Place start{std::make_shared<const std::string>(file_name), 1, 1};
    return ErrorAt(start, "more than 16 MiB");
  }
  return TextprotoReader(text, file_name).ReadFile();
}

}  // namespace anneal::config
