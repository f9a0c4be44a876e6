#include <cstdint>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "config/limits.h"
#include "config/reader.h"
#include "config/scalar.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

// Recursive descent that knows where it stands: no JSON library at hand tells
// the places of the values it read.
class JsonReader {
 public:
  JsonReader(absl::string_view text, const std::string& file_name)
      : rest_(text), origin_(std::make_shared<const std::string>(file_name)) {}

  absl::StatusOr<Node> ReadFile() {
    if (rest_.size() > kMaxTextSize) return ErrorAt(Here(), "more than 16 MiB");
    SkipSpace();
    if (rest_.empty()) return Node(Node::Map(), Here());
    ASSIGN_OR_RETURN(Node node, Read(0));
    SkipSpace();
    if (!rest_.empty()) return Fail("nothing may follow the value");
    return node;
  }

 private:
  Place Here() const { return {origin_, line_, column_}; }
  absl::Status Fail(absl::string_view what) const {
    return ErrorAt(Here(), absl::StrCat("JSON syntax: ", what));
  }

  void Advance(size_t n) {
    for (size_t i = 0; i < n; ++i) {
      if (rest_[i] == '\n') {
        ++line_;
        column_ = 1;
      } else if ((rest_[i] & 0xC0) != 0x80) {  // not inside a UTF-8 character
        ++column_;
      }
    }
    rest_.remove_prefix(n);
  }
  void SkipSpace() {
    size_t n = 0;
    while (n < rest_.size() && absl::StrContains(" \t\r\n", rest_[n])) ++n;
    Advance(n);
  }
  bool Take(char c) {
    if (rest_.empty() || rest_[0] != c) return false;
    Advance(1);
    return true;
  }
  bool TakeWord(absl::string_view word) {
    if (!absl::StartsWith(rest_, word)) return false;
    Advance(word.size());
    return true;
  }

  absl::StatusOr<Node> Read(int depth) {
    if (depth > kMaxDepth) return Fail("nested too deeply");
    if (++size_ > kMaxTreeSize) return Fail("more than a million values");
    SkipSpace();
    const Place place = Here();
    if (rest_.empty()) return Fail("the file ends inside a value");
    if (rest_[0] == '{') return ReadMap(depth, place);
    if (rest_[0] == '[') return ReadList(depth, place);
    if (rest_[0] == '"') {
      ASSIGN_OR_RETURN(std::string text, ReadString());
      return Node(std::move(text), place);
    }
    if (TakeWord("true")) return Node(true, place);
    if (TakeWord("false")) return Node(false, place);
    if (TakeWord("null")) return Node(Node::None(), place);
    return ReadNumber(place);
  }

  absl::StatusOr<Node> ReadList(int depth, const Place& place) {
    Take('[');
    Node::List list;
    SkipSpace();
    if (Take(']')) return Node(std::move(list), place);
    while (true) {
      ASSIGN_OR_RETURN(list.emplace_back(), Read(depth + 1));
      SkipSpace();
      if (Take(']')) return Node(std::move(list), place);
      if (!Take(',')) return Fail("expected \",\" or \"]\" in a list");
    }
  }

  absl::StatusOr<Node> ReadMap(int depth, const Place& place) {
    Take('{');
    Node::Map map;
    std::unordered_set<std::string> keys;
    SkipSpace();
    if (Take('}')) return Node(std::move(map), place);
    while (true) {
      SkipSpace();
      const Place key_place = Here();
      if (rest_.empty() || rest_[0] != '"') {
        return Fail("expected a key in double quotes");
      }
      ASSIGN_OR_RETURN(const std::string key, ReadString());
      if (!keys.insert(key).second) {
        return ErrorAt(
            key_place,
            absl::StrCat("\"", key, "\" is given twice; remove one"));
      }
      SkipSpace();
      if (!Take(':')) return Fail("expected \":\" after a key");
      ASSIGN_OR_RETURN(Node child, Read(depth + 1));
      map.push_back({key, key_place, std::move(child)});
      SkipSpace();
      if (Take('}')) return Node(std::move(map), place);
      if (!Take(',')) return Fail("expected \",\" or \"}\" in a dict");
    }
  }

  absl::StatusOr<std::string> ReadString() {
    Take('"');
    std::string text;
    while (true) {
      if (rest_.empty()) return Fail("the file ends inside a string");
      const char c = rest_[0];
      if (c == '\n' || c == '\r') {
        return Fail("a string ends at the line's end; close its quotes");
      }
      if (static_cast<unsigned char>(c) < 0x20) {
        return Fail("a control character in a string; write it as \\u00XX");
      }
      if (c == '"') {
        Advance(1);
        return text;
      }
      if (c != '\\') {
        text += c;
        Advance(1);
        continue;
      }
      RETURN_IF_ERROR(ReadEscape(&text));
    }
  }

  absl::Status ReadEscape(std::string* text) {
    static constexpr absl::string_view kNames = "\"\\/bfnrt";
    static constexpr absl::string_view kValues = "\"\\/\b\f\n\r\t";
    if (rest_.size() < 2) return Fail("the file ends inside a string");
    const size_t simple = kNames.find(rest_[1]);
    if (simple != absl::string_view::npos) {
      *text += kValues[simple];
      Advance(2);
      return absl::OkStatus();
    }
    uint32_t code = 0;
    if (!TakeUnicodeEscape(&code)) return Fail("unknown escape in a string");
    if (code >= 0xD800 && code < 0xE000) {
      uint32_t low = 0;
      if (code >= 0xDC00 || !TakeUnicodeEscape(&low) || low < 0xDC00 ||
          low > 0xDFFF) {
        return Fail("half of a surrogate pair in a string");
      }
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    }
    AppendUtf8(code, text);
    return absl::OkStatus();
  }

  bool TakeUnicodeEscape(uint32_t* code) {
    if (!absl::StartsWith(rest_, "\\u") || rest_.size() < 6) return false;
    const absl::string_view digits = rest_.substr(2, 4);
    if (!absl::c_all_of(digits, absl::ascii_isxdigit)) return false;
    if (!absl::SimpleHexAtoi(digits, code)) return false;
    Advance(6);
    return true;
  }

  // RFC 8259's number: -?(0|[1-9][0-9]*)(.[0-9]+)?([eE][+-]?[0-9]+)?
  static bool IsNumber(absl::string_view word) {
    auto take_digits = [&word] {
      size_t n = 0;
      while (n < word.size() && absl::ascii_isdigit(word[n])) ++n;
      word.remove_prefix(n);
      return n;
    };
    absl::ConsumePrefix(&word, "-");
    const bool starts_with_zero = absl::StartsWith(word, "0");
    const size_t num_digits = take_digits();
    if (num_digits == 0 || (starts_with_zero && num_digits > 1)) return false;
    if (absl::ConsumePrefix(&word, ".") && take_digits() == 0) return false;
    if (absl::ConsumePrefix(&word, "e") || absl::ConsumePrefix(&word, "E")) {
      if (!absl::ConsumePrefix(&word, "+")) absl::ConsumePrefix(&word, "-");
      if (take_digits() == 0) return false;
    }
    return word.empty();
  }

  absl::StatusOr<Node> ReadNumber(const Place& place) {
    size_t n = 0;
    while (n < rest_.size() && (absl::ascii_isalnum(rest_[n]) ||
                                absl::StrContains("+-.", rest_[n]))) {
      ++n;
    }
    const absl::string_view word = rest_.substr(0, n);
    int64_t integer;
    double real;
    const bool is_number = IsNumber(word);
    if (is_number && ParseInteger(word, &integer)) {
      Advance(n);
      return Node(integer, place);
    }
    const bool is_special =
        word == "NaN" || word == "Infinity" || word == "-Infinity";
    if ((is_number || is_special) && ParseReal(word, &real)) {
      Advance(n);
      return Node(real, place);
    }
    return Fail(absl::StrFormat(
        "expected a value, found %s; strings need double quotes",
        n > 0 ? absl::StrCat("\"", word, "\"")
              : absl::StrCat("\"", rest_.substr(0, 1), "\"")));
  }

  absl::string_view rest_;
  std::shared_ptr<const std::string> origin_;
  int line_ = 1;
  int column_ = 1;
  int64_t size_ = 0;
};

}  // namespace

absl::StatusOr<Node> ReadJson(absl::string_view text,
                              const std::string& file_name) {
  return JsonReader(text, file_name).ReadFile();
}

}  // namespace anneal::config
