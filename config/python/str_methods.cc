#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "config/python/arguments.h"
#include "config/python/format.h"
#include "config/python/items.h"
#include "config/python/methods.h"
#include "config/python/text.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

const std::string& Self(const Call& call) { return *TextOf(call.self); }

Value NewText(const Call& call, absl::string_view text) {
  return call.heap->NewText(std::string(text), call.mark);
}

absl::StatusOr<Value> Format(const Call& call) {
  ASSIGN_OR_RETURN(const std::string text, FormatFields(Self(call), call));
  return NewText(call, text);
}

absl::StatusOr<Value> Join(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  ASSIGN_OR_RETURN(const std::vector<Value> items,
                   ItemsOf(call.arguments[0], call.mark, call.heap));
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string* one = TextOf(items[i]);
    if (one == nullptr) {
      return CallError(
          call, absl::StrCat("it joins strs, not a ", TypeName(items[i])));
    }
    absl::StrAppend(&text, i > 0 ? Self(call) : "", *one);
    if (static_cast<int64_t>(text.size()) > kMaxText) break;
  }
  return NewText(call, text);
}

constexpr absl::string_view kSpaces = " \t\n\r\f\v";

template <bool kLeft, bool kRight>
absl::StatusOr<Value> Strip(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 1));
  std::string characters(kSpaces);
  if (!call.arguments.empty() && !call.arguments[0].is_none()) {
    ASSIGN_OR_RETURN(characters, TextArgument(call, 0));
  }
  const std::string& text = Self(call);
  call.heap->Spend((text.size() + characters.size()) / 8);
  RETURN_IF_ERROR(call.heap->Check(call.mark));
  const std::vector<absl::string_view> one_by_one = Characters(characters);
  const std::set<absl::string_view> set(one_by_one.begin(), one_by_one.end());
  const std::vector<absl::string_view> all = Characters(text);
  size_t start = 0, end = all.size();
  while (kLeft && start < end && set.count(all[start]) > 0) ++start;
  while (kRight && start < end && set.count(all[end - 1]) > 0) --end;
  if (start == end) return NewText(call, "");
  const size_t offset = all[start].data() - text.data();
  return NewText(call, absl::string_view(text).substr(
                           offset, all[end - 1].data() + all[end - 1].size() -
                                       all[start].data()));
}

// At most `max` splits, all if negative.
std::vector<absl::string_view> SplitText(absl::string_view text,
                                         absl::string_view separator,
                                         int64_t max, bool from_right) {
  std::vector<absl::string_view> parts;
  while (max != 0) {
    const size_t at = from_right ? text.rfind(separator) : text.find(separator);
    if (at == text.npos) break;
    parts.push_back(from_right ? text.substr(at + separator.size())
                               : text.substr(0, at));
    if (from_right) {
      text = text.substr(0, at);
    } else {
      text.remove_prefix(at + separator.size());
    }
    --max;
  }
  parts.push_back(text);
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

std::vector<absl::string_view> SplitSpaces(absl::string_view text, int64_t max,
                                           bool from_right) {
  std::vector<absl::string_view> parts;
  while (true) {
    // The rest that is not split keeps the spaces at its other end.
    text = from_right ? absl::StripTrailingAsciiWhitespace(text)
                      : absl::StripLeadingAsciiWhitespace(text);
    if (text.empty()) break;
    const size_t at =
        from_right ? text.find_last_of(kSpaces) : text.find_first_of(kSpaces);
    if (at == text.npos || max == 0) {
      parts.push_back(text);
      break;
    }
    parts.push_back(from_right ? text.substr(at + 1) : text.substr(0, at));
    text = from_right ? text.substr(0, at) : text.substr(at);
    --max;
  }
  if (from_right) std::reverse(parts.begin(), parts.end());
  return parts;
}

template <bool kFromRight>
absl::StatusOr<Value> Split(const Call& call) {
  const Value separator = Argument(call, 0, "sep", Value());
  const Value max =
      Argument(call, 1, "maxsplit", Value(int64_t{-1}, call.mark));
  const std::string* text = TextOf(separator);
  if ((!separator.is_none() && (text == nullptr || text->empty())) ||
      !IsInteger(max)) {
    return CallError(call, "it takes a separator and a count");
  }
  RETURN_IF_ERROR(CheckKeywords(call, 2, {"sep", "maxsplit"}));
  call.heap->Reserve(Self(call).size() * 2);
  if (text) call.heap->SpendSearch(Self(call).size(), text->size());
  RETURN_IF_ERROR(call.heap->Check(call.mark));
  const std::vector<absl::string_view> parts =
      text ? SplitText(Self(call), *text, AsInteger(max), kFromRight)
           : SplitSpaces(Self(call), AsInteger(max), kFromRight);
  std::vector<Value> items;
  for (const absl::string_view part : parts) {
    items.push_back(NewText(call, part));
    RETURN_IF_ERROR(call.heap->Check(call.mark));
  }
  return call.heap->NewList(std::move(items), call.mark);
}

template <bool kFromRight>
absl::StatusOr<Value> Partition(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  ASSIGN_OR_RETURN(const std::string separator, TextArgument(call, 0));
  if (separator.empty()) {
    return CallError(call, "the separator is empty");
  }
  const absl::string_view text = Self(call);
  call.heap->SpendSearch(text.size(), separator.size());
  RETURN_IF_ERROR(call.heap->Check(call.mark));
  const size_t at = kFromRight ? text.rfind(separator) : text.find(separator);
  std::vector<Value> parts;
  if (at == text.npos) {
    parts = {NewText(call, kFromRight ? "" : text), NewText(call, ""),
             NewText(call, kFromRight ? text : "")};
  } else {
    parts = {NewText(call, text.substr(0, at)), NewText(call, separator),
             NewText(call, text.substr(at + separator.size()))};
  }
  return call.heap->NewTuple(std::move(parts), call.mark);
}

absl::StatusOr<Value> Replace(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 2, 3));
  ASSIGN_OR_RETURN(const std::string from, TextArgument(call, 0));
  ASSIGN_OR_RETURN(const std::string to, TextArgument(call, 1));
  int64_t count = -1;
  if (call.arguments.size() > 2) {
    if (!IsInteger(call.arguments[2])) {
      return CallError(call, "the count is an integer");
    }
    count = AsInteger(call.arguments[2]);
  }
  if (from.empty()) {
    return CallError(call, "the text to replace is empty");
  }
  std::string text;
  absl::string_view rest = Self(call);
  call.heap->SpendSearch(rest.size(), from.size());
  RETURN_IF_ERROR(call.heap->Check(call.mark));
  while (count != 0 && static_cast<int64_t>(text.size()) <= kMaxText) {
    const size_t at = rest.find(from);
    if (at == rest.npos) break;
    absl::StrAppend(&text, rest.substr(0, at), to);
    rest.remove_prefix(at + from.size());
    --count;
  }
  return NewText(call, absl::StrCat(text, rest));
}

// upper() and its like know no letters but ASCII's.
absl::Status CheckAscii(const Call& call) {
  const std::string& text = Self(call);
  call.heap->Spend(text.size() / 64);
  const bool is_ascii = std::all_of(text.begin(), text.end(),
                                    [](char c) { return (c & 0x80) == 0; });
  if (is_ascii) return absl::OkStatus();
  return CallError(call, "the text has letters beyond ASCII");
}

enum class Case { kUpper, kLower, kTitle, kCapitalize, kSwap };

template <Case kCase>
absl::StatusOr<Value> ChangeCase(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  RETURN_IF_ERROR(CheckAscii(call));
  std::string text = Self(call);
  bool starts_word = true;
  for (char& c : text) {
    const bool to_upper =
        kCase == Case::kUpper ||
        (kCase == Case::kSwap && absl::ascii_islower(c)) ||
        ((kCase == Case::kTitle || kCase == Case::kCapitalize) && starts_word);
    starts_word = kCase == Case::kTitle && !absl::ascii_isalpha(c);
    c = to_upper ? absl::ascii_toupper(c) : absl::ascii_tolower(c);
  }
  return NewText(call, text);
}

template <bool kEnd>
absl::StatusOr<Value> StartsOrEndsWith(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  std::vector<Value> parts = {call.arguments[0]};
  if (const List* list = parts[0].get<List>(); list && list->is_tuple) {
    parts = list->items;
  }
  bool is_it = false;
  for (const Value& part : parts) {
    const std::string* text = TextOf(part);
    if (text == nullptr) {
      return CallError(call, "it takes a str or a tuple of strs");
    }
    call.heap->SpendBytes(text->size());
    RETURN_IF_ERROR(call.heap->Check(call.mark));
    is_it |= kEnd ? absl::EndsWith(Self(call), *text)
                  : absl::StartsWith(Self(call), *text);
  }
  return Value(is_it, call.mark);
}

template <bool kFromRight, bool kMustBeThere>
absl::StatusOr<Value> FindText(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  ASSIGN_OR_RETURN(const std::string part, TextArgument(call, 0));
  const absl::string_view text = Self(call);
  call.heap->Spend(text.size() / 64);
  call.heap->SpendSearch(text.size(), part.size());
  RETURN_IF_ERROR(call.heap->Check(call.mark));
  const size_t at = kFromRight ? text.rfind(part) : text.find(part);
  if (at == text.npos && kMustBeThere) {
    return CallError(call, "the text isn't there");
  }
  return Value(
      at == text.npos ? int64_t{-1} : CountCharacters(text.substr(0, at)),
      call.mark);
}

absl::StatusOr<Value> CountText(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  ASSIGN_OR_RETURN(const std::string part, TextArgument(call, 0));
  const absl::string_view text = Self(call);
  call.heap->Spend(text.size() / 16);
  call.heap->SpendSearch(text.size(), part.size());
  RETURN_IF_ERROR(call.heap->Check(call.mark));
  if (part.empty()) return Value(CountCharacters(text) + 1, call.mark);
  int64_t count = 0;
  for (size_t at = text.find(part); at != text.npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return Value(count, call.mark);
}

// ljust and its like: '<', '>', '^' of format().
template <char kAlign>
absl::StatusOr<Value> Justify(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 2));
  std::string fill = " ";
  if (call.arguments.size() > 1) {
    ASSIGN_OR_RETURN(fill, TextArgument(call, 1));
  }
  if (!IsInteger(call.arguments[0]) || CountCharacters(fill) != 1) {
    return CallError(call, "it takes a width and a character");
  }
  const int64_t width = AsInteger(call.arguments[0]);
  if (width > kMaxFormatWidth) {
    return CallError(call,
                     absl::StrCat("the width is more than ", kMaxFormatWidth));
  }
  const int64_t count =
      std::max<int64_t>(width - CountCharacters(Self(call)), 0);
  // Where it doesn't come out even, Python's center() looks at the width.
  const int64_t left = kAlign == '<'   ? 0
                       : kAlign == '>' ? count
                                       : count / 2 + (count & width & 1);
  std::string text;
  for (int64_t i = 0; i < left; ++i) text += fill;
  text += Self(call);
  for (int64_t i = left; i < count; ++i) text += fill;
  return NewText(call, text);
}

absl::StatusOr<Value> FillZeros(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  if (!IsInteger(call.arguments[0]) ||
      AsInteger(call.arguments[0]) > kMaxFormatWidth) {
    return CallError(call, "it takes a width up to 1000");
  }
  std::string text = Self(call);
  const int64_t count = AsInteger(call.arguments[0]) - CountCharacters(text);
  const bool has_sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  if (count > 0) text.insert(has_sign ? 1 : 0, count, '0');
  return NewText(call, text);
}

template <bool kSuffix>
absl::StatusOr<Value> RemoveAffix(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  ASSIGN_OR_RETURN(const std::string part, TextArgument(call, 0));
  absl::string_view text = Self(call);
  if (kSuffix && absl::EndsWith(text, part)) text.remove_suffix(part.size());
  if (!kSuffix && absl::StartsWith(text, part)) text.remove_prefix(part.size());
  return NewText(call, text);
}

template <bool (*kIs)(unsigned char)>
absl::StatusOr<Value> All(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  RETURN_IF_ERROR(CheckAscii(call));
  const std::string& text = Self(call);
  return Value(!text.empty() && std::all_of(text.begin(), text.end(), kIs),
               call.mark);
}

absl::StatusOr<Value> SplitLines(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  std::vector<Value> lines;
  absl::string_view rest = Self(call);
  while (!rest.empty()) {
    const size_t end = std::min(rest.find_first_of("\r\n"), rest.size());
    lines.push_back(NewText(call, rest.substr(0, end)));
    RETURN_IF_ERROR(call.heap->Check(call.mark));
    rest.remove_prefix(end);
    rest.remove_prefix(absl::StartsWith(rest, "\r\n") ? 2
                       : rest.empty()                 ? 0
                                                      : 1);
  }
  return call.heap->NewList(std::move(lines), call.mark);
}

struct Method {
  absl::string_view name;
  Native native;
};
constexpr Method kMethods[] = {
    {"capitalize", ChangeCase<Case::kCapitalize>},
    {"center", Justify<'^'>},
    {"count", CountText},
    {"endswith", StartsOrEndsWith<true>},
    {"find", FindText<false, false>},
    {"format", Format},
    {"index", FindText<false, true>},
    {"isalnum", All<absl::ascii_isalnum>},
    {"isalpha", All<absl::ascii_isalpha>},
    {"isdigit", All<absl::ascii_isdigit>},
    {"join", Join},
    {"ljust", Justify<'<'>},
    {"lower", ChangeCase<Case::kLower>},
    {"lstrip", Strip<true, false>},
    {"partition", Partition<false>},
    {"removeprefix", RemoveAffix<false>},
    {"removesuffix", RemoveAffix<true>},
    {"replace", Replace},
    {"rfind", FindText<true, false>},
    {"rindex", FindText<true, true>},
    {"rjust", Justify<'>'>},
    {"rpartition", Partition<true>},
    {"rsplit", Split<true>},
    {"rstrip", Strip<false, true>},
    {"split", Split<false>},
    {"splitlines", SplitLines},
    {"startswith", StartsOrEndsWith<false>},
    {"strip", Strip<true, true>},
    {"swapcase", ChangeCase<Case::kSwap>},
    {"title", ChangeCase<Case::kTitle>},
    {"upper", ChangeCase<Case::kUpper>},
    {"zfill", FillZeros},
};

}  // namespace

Native FindStrMethod(absl::string_view name) {
  for (const Method& method : kMethods) {
    if (method.name == name) return method.native;
  }
  return nullptr;
}

}  // namespace anneal::config::python
