#include "config/python/builtins.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "config/python/arguments.h"
#include "config/python/arithmetic.h"
#include "config/python/attributes.h"
#include "config/python/dict_update.h"
#include "config/python/format.h"
#include "config/python/items.h"
#include "config/python/operators.h"
#include "config/python/sets.h"
#include "config/python/sorting.h"
#include "config/python/text.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

// The items of the only argument, none if there is no argument.
absl::StatusOr<std::vector<Value>> OnlyItems(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 1));
  if (call.arguments.empty()) return std::vector<Value>();
  return ItemsOf(call.arguments[0], call.mark, call.heap);
}

absl::StatusOr<Value> Abs(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  const Value& number = call.arguments[0];
  if (!IsNumber(number)) return CallError(call, "it takes a number");
  if (IsInteger(number)) {
    if (AsInteger(number) >= 0) return Value(AsInteger(number), call.mark);
    return Apply(UnaryOperator::kMinus, number, call.mark, call.heap);
  }
  return Value(std::fabs(AsReal(number)), call.mark);
}

template <bool kAll>
absl::StatusOr<Value> AllOrAny(const Call& call) {
  ASSIGN_OR_RETURN(const std::vector<Value> items, OnlyItems(call));
  return Value(kAll ? std::all_of(items.begin(), items.end(), Truth)
                    : std::any_of(items.begin(), items.end(), Truth),
               call.mark);
}

absl::StatusOr<Value> Bool(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 1));
  return Value(!call.arguments.empty() && Truth(call.arguments[0]), call.mark);
}

absl::StatusOr<Value> Chr(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  const int64_t code =
      IsInteger(call.arguments[0]) ? AsInteger(call.arguments[0]) : -1;
  if (code < 0 || code > 0x10FFFF || (code >= 0xD800 && code < 0xE000)) {
    return CallError(call, "it takes the number of a character");
  }
  std::string text;
  AppendUtf8(code, &text);
  return call.heap->NewText(std::move(text), call.mark);
}

absl::StatusOr<Value> Ord(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  ASSIGN_OR_RETURN(const std::string text, TextArgument(call, 0));
  if (CountCharacters(text) != 1) {
    return CallError(call, "it takes one character");
  }
  return Value(static_cast<int64_t>(CodePointsOf(text)[0]), call.mark);
}

absl::StatusOr<Value> NewDict(const Call& call) {
  if (call.arguments.size() > 1) {
    return CallError(call, "it takes one dict, and named values");
  }
  ASSIGN_OR_RETURN(const std::vector<Table::Slot> slots,
                   SlotsOfArguments(call));
  Dict* dict = call.heap->New<Dict>();
  dict->table.slots.reserve(slots.size());
  for (const Table::Slot& slot : slots) {
    RETURN_IF_ERROR(SetKey(dict, slot.key, slot.value, slot.mark, call.heap));
  }
  return Value(dict, call.mark);
}

absl::StatusOr<Value> DivMod(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 2, 2));
  ASSIGN_OR_RETURN(const Value quotient,
                   Apply(BinaryOperator::kFloorDivide, call.arguments[0],
                         call.arguments[1], call.mark, call.heap));
  ASSIGN_OR_RETURN(const Value remainder,
                   Apply(BinaryOperator::kModulo, call.arguments[0],
                         call.arguments[1], call.mark, call.heap));
  return call.heap->NewTuple({quotient, remainder}, call.mark);
}

absl::StatusOr<Value> Pow(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 2, 2));
  return Apply(BinaryOperator::kPower, call.arguments[0], call.arguments[1],
               call.mark, call.heap);
}

absl::StatusOr<Value> Enumerate(const Call& call) {
  RETURN_IF_ERROR(CheckKeywords(call, 2, {"start"}));
  const Value start = Argument(call, 1, "start", Value(int64_t{0}, call.mark));
  if (call.arguments.empty() || !IsInteger(start)) {
    return CallError(call, "it takes items and a start");
  }
  ASSIGN_OR_RETURN(const std::vector<Value> items,
                   ItemsOf(call.arguments[0], call.mark, call.heap));
  std::vector<Value> pairs;
  // Past 64 bits there is nothing to count.
  if (AsInteger(start) > INT64_MAX - static_cast<int64_t>(items.size())) {
    return CallError(call, "an integer of more than 64 bits");
  }
  for (size_t i = 0; i < items.size(); ++i) {
    const int64_t number = AsInteger(start) + static_cast<int64_t>(i);
    pairs.push_back(
        call.heap->NewTuple({Value(number, call.mark), items[i]}, call.mark));
  }
  return call.heap->NewList(std::move(pairs), call.mark);
}

absl::StatusOr<Value> Zip(const Call& call) {
  std::vector<std::vector<Value>> columns;
  size_t size = call.arguments.empty() ? 0 : SIZE_MAX;
  for (const Value& one : call.arguments) {
    ASSIGN_OR_RETURN(std::vector<Value> items,
                     ItemsOf(one, call.mark, call.heap));
    size = std::min(size, items.size());
    columns.push_back(std::move(items));
  }
  for (const Call::Keyword& keyword : call.keywords) {
    if (keyword.name != "strict") {
      return CallError(
          call, absl::StrCat("no argument is called \"", keyword.name, "\""));
    }
    for (const std::vector<Value>& column : columns) {
      if (Truth(keyword.value) && column.size() != size) {
        return CallError(call, "the sizes differ");
      }
    }
  }
  std::vector<Value> rows;
  for (size_t i = 0; i < size; ++i) {
    std::vector<Value> row;
    for (const std::vector<Value>& column : columns) row.push_back(column[i]);
    rows.push_back(call.heap->NewTuple(std::move(row), call.mark));
    RETURN_IF_ERROR(call.heap->Check(call.mark));
  }
  return call.heap->NewList(std::move(rows), call.mark);
}

absl::StatusOr<Value> Float(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 1));
  if (call.arguments.empty()) return Value(0.0, call.mark);
  const Value& value = call.arguments[0];
  if (IsNumber(value)) return Value(AsReal(value), call.mark);
  double real;
  const std::string* text = TextOf(value);
  if (text != nullptr) call.heap->Spend(text->size() / 8);
  if (text == nullptr || absl::StrContains(*text, 'x') ||
      !absl::SimpleAtod(*text, &real)) {
    return CallError(call, absl::StrCat("no number: ", Repr(value, call.heap)));
  }
  return Value(real, call.mark);
}

absl::StatusOr<Value> Int(const Call& call) {
  RETURN_IF_ERROR(CheckKeywords(call, 2, {"base"}));
  if (call.arguments.empty()) return Value(int64_t{0}, call.mark);
  const Value& value = call.arguments[0];
  const Value base = Argument(call, 1, "base", Value(int64_t{10}, call.mark));
  const bool has_base = call.arguments.size() > 1 || !call.keywords.empty();
  if (IsNumber(value) && has_base) {
    return CallError(call, "with a base it takes a str");
  }
  if (IsInteger(value)) return Value(AsInteger(value), call.mark);
  if (value.get_if<double>()) {
    return Truncated(AsReal(value), call.mark, call.heap);
  }
  const std::string* text = TextOf(value);
  if (text != nullptr && IsInteger(base) && AsInteger(base) >= 0 &&
      AsInteger(base) <= 36) {
    call.heap->Spend(text->size() / 8);
    const std::string digits(absl::StripAsciiWhitespace(*text));
    char* end = nullptr;
    errno = 0;
    const int64_t number = std::strtoll(digits.c_str(), &end, AsInteger(base));
    if (errno == 0 && !digits.empty() && end == digits.data() + digits.size()) {
      return Value(number, call.mark);
    }
  }
  return CallError(
      call, absl::StrCat("no integer of 64 bits: ", Repr(value, call.heap)));
}

absl::StatusOr<Value> Format(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 2));
  std::string spec;
  if (call.arguments.size() > 1) {
    ASSIGN_OR_RETURN(spec, TextArgument(call, 1));
  }
  ASSIGN_OR_RETURN(std::string text,
                   FormatValue(call.arguments[0], spec, call.mark, call.heap));
  return call.heap->NewText(std::move(text), call.mark);
}

absl::StatusOr<Value> GetAttr(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 2, 3));
  ASSIGN_OR_RETURN(const std::string name, TextArgument(call, 1));
  if (call.arguments.size() > 2 &&
      !HasAttribute(call.arguments[0], name, call.heap)) {
    return call.arguments[2];
  }
  return GetAttribute(call.arguments[0], name, call.mark, call.heap);
}

absl::StatusOr<Value> HasAttr(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 2, 2));
  ASSIGN_OR_RETURN(const std::string name, TextArgument(call, 1));
  return Value(HasAttribute(call.arguments[0], name, call.heap), call.mark);
}

absl::StatusOr<Value> IsInstance(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 2, 2));
  std::vector<Value> types = {call.arguments[1]};
  if (const List* list = types[0].get<List>()) types = list->items;
  const absl::string_view name = TypeName(call.arguments[0]);
  bool is_one = false;
  for (const Value& type : types) {
    const Function* function = type.get<const Function>();
    if (function == nullptr) {
      return CallError(call, "it takes types: str, int, dict");
    }
    is_one |= function->name == name ||
              (name == "bool" && function->name == "int") ||
              (name == "ConfigDict" && function->name == "dict");
  }
  return Value(is_one, call.mark);
}

absl::StatusOr<Value> Len(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  ASSIGN_OR_RETURN(const int64_t size,
                   SizeOf(call.arguments[0], call.mark, call.heap));
  return Value(size, call.mark);
}

absl::StatusOr<Value> NewList(const Call& call) {
  ASSIGN_OR_RETURN(std::vector<Value> items, OnlyItems(call));
  return call.heap->NewList(std::move(items), call.mark);
}

absl::StatusOr<Value> NewTuple(const Call& call) {
  ASSIGN_OR_RETURN(std::vector<Value> items, OnlyItems(call));
  return call.heap->NewTuple(std::move(items), call.mark);
}

absl::StatusOr<Value> NewSet(const Call& call) {
  ASSIGN_OR_RETURN(const std::vector<Value> items, OnlyItems(call));
  Set* set = call.heap->New<Set>();
  RETURN_IF_ERROR(AddToSet(items, set, call.mark, call.heap));
  return Value(set, call.mark);
}

template <bool kMax>
absl::StatusOr<Value> Extreme(const Call& call) {
  std::vector<Value> items = call.arguments;
  if (items.size() == 1) {
    ASSIGN_OR_RETURN(items, ItemsOf(items[0], call.mark, call.heap));
  }
  RETURN_IF_ERROR(CheckKeywords(call, SIZE_MAX, {"key", "default"}));
  if (items.empty()) {
    for (const Call::Keyword& keyword : call.keywords) {
      if (keyword.name == "default") return keyword.value;
    }
    return CallError(call, "there are no items");
  }
  ASSIGN_OR_RETURN(const std::vector<Value> keys, KeysOf(call, items));
  size_t best = 0;
  for (size_t i = 1; i < items.size(); ++i) {
    ASSIGN_OR_RETURN(const bool is_better,
                     kMax ? Less(keys[best], keys[i], call.mark, call.heap)
                          : Less(keys[i], keys[best], call.mark, call.heap));
    if (is_better) best = i;
  }
  return items[best];
}

absl::StatusOr<Value> NewRange(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 3));
  for (const Value& bound : call.arguments) {
    if (!IsInteger(bound)) {
      return CallError(
          call, absl::StrCat("it takes integers, not a ", TypeName(bound)));
    }
  }
  const size_t count = call.arguments.size();
  Range* range = call.heap->New<Range>();
  range->start = count > 1 ? AsInteger(call.arguments[0]) : 0;
  range->stop = AsInteger(call.arguments[count > 1 ? 1 : 0]);
  range->step = count > 2 ? AsInteger(call.arguments[2]) : 1;
  if (range->step == 0) return CallError(call, "the step is 0");
  return Value(static_cast<const Range*>(range), call.mark);
}

absl::StatusOr<Value> ReprOf(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  return call.heap->NewText(Repr(call.arguments[0], call.heap), call.mark);
}

absl::StatusOr<Value> StrOf(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 1));
  return call.heap->NewText(
      call.arguments.empty() ? "" : Str(call.arguments[0], call.heap),
      call.mark);
}

absl::StatusOr<Value> Reversed(const Call& call) {
  ASSIGN_OR_RETURN(std::vector<Value> items, OnlyItems(call));
  std::reverse(items.begin(), items.end());
  return call.heap->NewList(std::move(items), call.mark);
}

absl::StatusOr<Value> RoundOf(const Call& call) {
  RETURN_IF_ERROR(CheckKeywords(call, 2, {"ndigits"}));
  if (call.arguments.empty()) {
    return CallError(call, "it takes a number and a count of digits");
  }
  return Round(call.arguments[0], Argument(call, 1, "ndigits", Value()),
               call.mark, call.heap);
}

absl::StatusOr<Value> Sorted(const Call& call) {
  if (call.arguments.size() != 1) {
    return CallError(call, "it takes items; key and reverse by name");
  }
  ASSIGN_OR_RETURN(std::vector<Value> items,
                   ItemsOf(call.arguments[0], call.mark, call.heap));
  RETURN_IF_ERROR(SortItems(call, &items));
  return call.heap->NewList(std::move(items), call.mark);
}

absl::StatusOr<Value> Sum(const Call& call) {
  RETURN_IF_ERROR(CheckKeywords(call, 2, {"start"}));
  if (call.arguments.empty()) return CallError(call, "it takes items");
  Value total = Argument(call, 1, "start", Value(int64_t{0}, call.mark));
  if (TextOf(total)) return CallError(call, "it adds no strs; use join");
  ASSIGN_OR_RETURN(const std::vector<Value> items,
                   ItemsOf(call.arguments[0], call.mark, call.heap));
  for (const Value& item : items) {
    ASSIGN_OR_RETURN(
        total, Apply(BinaryOperator::kAdd, total, item, call.mark, call.heap));
    RETURN_IF_ERROR(call.heap->Check(call.mark));
  }
  total.mark = call.mark;
  return total;
}

struct Builtin {
  absl::string_view name;
  Native native;
};
constexpr Builtin kBuiltins[] = {
    {"abs", Abs},
    {"all", AllOrAny<true>},
    {"any", AllOrAny<false>},
    {"bool", Bool},
    {"chr", Chr},
    {"dict", NewDict},
    {"divmod", DivMod},
    {"enumerate", Enumerate},
    {"float", Float},
    {"format", Format},
    {"getattr", GetAttr},
    {"hasattr", HasAttr},
    {"int", Int},
    {"isinstance", IsInstance},
    {"len", Len},
    {"list", NewList},
    {"max", Extreme<true>},
    {"min", Extreme<false>},
    {"ord", Ord},
    {"pow", Pow},
    {"range", NewRange},
    {"repr", ReprOf},
    {"reversed", Reversed},
    {"round", RoundOf},
    {"set", NewSet},
    {"sorted", Sorted},
    {"str", StrOf},
    {"sum", Sum},
    {"tuple", NewTuple},
    {"zip", Zip},
};

}  // namespace

Native FindBuiltin(absl::string_view name) {
  const auto it = std::lower_bound(
      std::begin(kBuiltins), std::end(kBuiltins), name,
      [](const Builtin& one, absl::string_view n) { return one.name < n; });
  return it != std::end(kBuiltins) && it->name == name ? it->native : nullptr;
}

}  // namespace anneal::config::python
