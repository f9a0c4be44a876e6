#include "config/python/operators.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "config/python/arithmetic.h"
#include "config/python/dict_update.h"
#include "config/python/format.h"
#include "config/python/items.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

constexpr absl::string_view kBinaryText[] = {"+",  "-",  "*",  "/", "//", "%",
                                             "**", "<<", ">>", "&", "|",  "^"};
constexpr absl::string_view kComparatorText[] = {
    "==", "!=", "<", "<=", ">", ">=", "in", "not in", "is", "is not"};

absl::Status Undefined(absl::string_view op, const Value& left,
                       const Value& right, Mark mark, Heap* heap) {
  return heap->Error(
      mark, absl::StrCat("\"", op, "\" doesn't work for ", TypeName(left),
                         " and ", TypeName(right)));
}

// A sequence several times; none if `count` is below 1.
absl::StatusOr<Value> Repeated(const Value& sequence, int64_t count, Mark mark,
                               Heap* heap) {
  count = std::max<int64_t>(count, 0);
  if (const std::string* text = TextOf(sequence)) {
    const bool fits =
        text->empty() || count <= kMaxText / static_cast<int64_t>(text->size());
    if (!fits) heap->Reserve(kMaxBytes + 1);
    RETURN_IF_ERROR(heap->Check(mark));
    std::string result;
    if (!text->empty()) {
      result.reserve(text->size() * count);
      for (int64_t i = 0; i < count; ++i) result += *text;
    }
    return heap->NewText(std::move(result), mark);
  }
  const List& list = *sequence.get<List>();
  const int64_t size = list.items.size();
  const int64_t bytes = sizeof(Value) * std::max<int64_t>(size, 1);
  if (size > 0 && count > kMaxBytes / bytes) heap->Reserve(kMaxBytes + 1);
  RETURN_IF_ERROR(heap->Check(mark));
  std::vector<Value> items;
  if (size > 0) {
    items.reserve(size * count);
    for (int64_t i = 0; i < count; ++i) {
      items.insert(items.end(), list.items.begin(), list.items.end());
    }
  }
  return list.is_tuple ? heap->NewTuple(std::move(items), mark)
                       : heap->NewList(std::move(items), mark);
}

absl::StatusOr<Value> Joined(const List& left, const List& right, Mark mark,
                             Heap* heap) {
  if (!heap->Reserve((left.items.size() + right.items.size()) *
                     sizeof(Value))) {
    return heap->Check(mark);
  }
  std::vector<Value> items = left.items;
  items.insert(items.end(), right.items.begin(), right.items.end());
  return left.is_tuple ? heap->NewTuple(std::move(items), mark)
                       : heap->NewList(std::move(items), mark);
}

absl::StatusOr<Value> Sets(BinaryOperator op, Set* left, Set* right, Mark mark,
                           Heap* heap) {
  heap->Spend(left->table.slots.size() + right->table.slots.size());
  Set* result = heap->New<Set>();
  const auto add = [&](const Table& from, Table* other, bool if_in_other) {
    for (const Table::Slot& slot : from.slots) {
      if ((other->Find(slot.key, heap) != nullptr) != if_in_other) continue;
      result->table.Set(slot.key, Value(), slot.mark, heap);
    }
  };
  switch (op) {
    case BinaryOperator::kOr: {
      Table none;
      add(left->table, &none, false);
      add(right->table, &none, false);
      break;
    }
    case BinaryOperator::kAnd:
      add(left->table, &right->table, true);
      break;
    case BinaryOperator::kSubtract:
      add(left->table, &right->table, false);
      break;
    default:
      add(left->table, &right->table, false);
      add(right->table, &left->table, false);
  }
  return Value(result, mark);
}

// Of lists and tuples: by the first item that differs.
absl::StatusOr<bool> Ordered(Comparator op, const List& left, const List& right,
                             Mark mark, Heap* heap, int depth);

template <typename T>
bool Holds(Comparator op, const T& left, const T& right) {
  switch (op) {
    case Comparator::kLess:
      return left < right;
    case Comparator::kLessEqual:
      return left <= right;
    case Comparator::kGreater:
      return left > right;
    default:
      return left >= right;
  }
}

absl::StatusOr<bool> InOrder(Comparator op, const Value& left,
                             const Value& right, Mark mark, Heap* heap,
                             int depth) {
  heap->Spend(1);
  if (depth > kMaxValueDepth) heap->NoteDepth();
  RETURN_IF_ERROR(heap->Check(mark));
  if (IsInteger(left) && IsInteger(right)) {
    return Holds(op, AsInteger(left), AsInteger(right));
  }
  if (IsNumber(left) && IsNumber(right)) {
    const auto exact = [](const Value& value) -> long double {
      if (IsInteger(value)) return AsInteger(value);
      return AsReal(value);
    };
    return Holds(op, exact(left), exact(right));
  }
  const std::string* text = TextOf(left);
  const std::string* other_text = TextOf(right);
  // UTF-8 sorts as its code points do.
  if (text && other_text) {
    heap->SpendBytes(std::min(text->size(), other_text->size()));
    return Holds(op, *text, *other_text);
  }
  const List* list = left.get<List>();
  const List* other_list = right.get<List>();
  if (list && other_list && list->is_tuple == other_list->is_tuple) {
    return Ordered(op, *list, *other_list, mark, heap, depth);
  }
  const Set* set = left.get<Set>();
  const Set* other_set = right.get<Set>();
  if (set && other_set) {
    // Whether one is a part of the other.
    const bool is_less =
        op == Comparator::kLess || op == Comparator::kLessEqual;
    const Table& small = (is_less ? set : other_set)->table;
    Table large = (is_less ? other_set : set)->table;
    heap->Reserve(large.slots.size() * sizeof(Table::Slot));
    if ((op == Comparator::kLess || op == Comparator::kGreater) &&
        small.slots.size() == large.slots.size()) {
      return false;
    }
    return std::all_of(small.slots.begin(), small.slots.end(),
                       [&](const Table::Slot& slot) {
                         return large.Find(slot.key, heap) != nullptr;
                       });
  }
  return Undefined(kComparatorText[static_cast<int>(op)], left, right, mark,
                   heap);
}

absl::StatusOr<bool> Ordered(Comparator op, const List& left, const List& right,
                             Mark mark, Heap* heap, int depth) {
  const size_t size = std::min(left.items.size(), right.items.size());
  for (size_t i = 0; i < size; ++i) {
    if (Equal(left.items[i], right.items[i], heap)) continue;
    return InOrder(op, left.items[i], right.items[i], mark, heap, depth + 1);
  }
  return Holds(op, left.items.size(), right.items.size());
}

absl::StatusOr<bool> Contains(const Value& container, const Value& item,
                              Mark mark, Heap* heap) {
  const std::string* text = TextOf(container);
  if (text != nullptr) {
    const std::string* part = TextOf(item);
    if (part == nullptr) return Undefined("in", item, container, mark, heap);
    if (!heap->SpendSearch(text->size(), part->size())) return false;
    return absl::StrContains(*text, *part);
  }
  Dict* dict = container.get<Dict>();
  Set* set = container.get<Set>();
  if (dict || set) {
    return IsHashable(item, heap) &&
           (dict ? dict->table : set->table).Find(item, heap) != nullptr;
  }
  if (const Range* range = container.get<const Range>()) {
    if (!IsNumber(item)) return false;
    const double real = AsReal(item);
    // 2^63 is the first that no range has.
    const bool is_whole =
        IsInteger(item) ||
        (real == std::floor(real) && std::fabs(real) < 9223372036854775808.0);
    if (!is_whole) return false;
    const int64_t integer =
        IsInteger(item) ? AsInteger(item) : static_cast<int64_t>(real);
    const __int128 offset = __int128{integer} - range->start;
    return offset % range->step == 0 && offset / range->step >= 0 &&
           offset / range->step < range->size();
  }
  const List* list = container.get<List>();
  if (list == nullptr) return Undefined("in", item, container, mark, heap);
  return std::any_of(list->items.begin(), list->items.end(),
                     [&](const Value& one) { return Equal(one, item, heap); });
}

// Python's dict.update; a ConfigDict's dicts are updated in turn.
absl::Status Update(const Dict& from, Dict* dict, Heap* heap) {
  // They may be one dict.
  const std::vector<Table::Slot> slots = from.table.slots;
  heap->Reserve(slots.size() * sizeof(Table::Slot));
  for (const Table::Slot& slot : slots) {
    RETURN_IF_ERROR(dict->is_config_dict
                        ? UpdateConfigKey(dict, slot, heap, 0)
                        : SetKey(dict, slot.key, slot.value, slot.mark, heap));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Value> Apply(BinaryOperator op, const Value& left,
                            const Value& right, Mark mark, Heap* heap) {
  const std::string* text = TextOf(left);
  if (text != nullptr && op == BinaryOperator::kModulo) {
    ASSIGN_OR_RETURN(std::string result,
                     FormatPercent(*text, right, mark, heap));
    return heap->NewText(std::move(result), mark);
  }
  if (IsNumber(left) && IsNumber(right)) {
    return Arithmetic(op, left, right, mark, heap);
  }
  const List* list = left.get<List>();
  const List* other_list = right.get<List>();
  if (op == BinaryOperator::kAdd) {
    const std::string* other_text = TextOf(right);
    if (text && other_text) {
      return heap->NewText(absl::StrCat(*text, *other_text), mark);
    }
    if (list && other_list && list->is_tuple == other_list->is_tuple) {
      return Joined(*list, *other_list, mark, heap);
    }
  }
  if (op == BinaryOperator::kMultiply) {
    if ((text || list) && IsInteger(right)) {
      return Repeated(left, AsInteger(right), mark, heap);
    }
    if ((TextOf(right) || other_list) && IsInteger(left)) {
      return Repeated(right, AsInteger(left), mark, heap);
    }
  }
  Set* set = left.get<Set>();
  Set* other_set = right.get<Set>();
  const bool is_logical = op == BinaryOperator::kAnd ||
                          op == BinaryOperator::kOr ||
                          op == BinaryOperator::kXor;
  if (set && other_set && (is_logical || op == BinaryOperator::kSubtract)) {
    return Sets(op, set, other_set, mark, heap);
  }
  const Dict* dict = left.get<Dict>();
  const Dict* other_dict = right.get<Dict>();
  if (dict && other_dict && op == BinaryOperator::kOr) {
    Dict* result = heap->New<Dict>();
    // One ConfigDict of the two is enough.
    result->is_config_dict = dict->is_config_dict || other_dict->is_config_dict;
    Value first = left;
    if (result->is_config_dict) {
      // Their dicts are joined too, and the operands' own stay as they are.
      ASSIGN_OR_RETURN(first, DeepCopy(left, mark, heap));
    }
    RETURN_IF_ERROR(Update(*first.get<Dict>(), result, heap));
    RETURN_IF_ERROR(Update(*other_dict, result, heap));
    return Value(result, mark);
  }
  return Undefined(kBinaryText[static_cast<int>(op)], left, right, mark, heap);
}

absl::StatusOr<Value> Apply(UnaryOperator op, const Value& operand, Mark mark,
                            Heap* heap) {
  if (op == UnaryOperator::kNot) return Value(!Truth(operand), mark);
  if (!IsNumber(operand)) {
    return heap->Error(mark,
                       absl::StrCat("a sign stands before a number, not a ",
                                    TypeName(operand)));
  }
  if (IsInteger(operand)) {
    const int64_t value = AsInteger(operand);
    if (op == UnaryOperator::kPlus) return Value(value, mark);
    if (op == UnaryOperator::kInvert) return Value(~value, mark);
    return Arithmetic(BinaryOperator::kSubtract, Value(int64_t{0}, mark),
                      operand, mark, heap);
  }
  if (op == UnaryOperator::kInvert) {
    return heap->Error(mark, "\"~\" takes an integer");
  }
  const double real = AsReal(operand);
  return Value(op == UnaryOperator::kMinus ? -real : real, mark);
}

absl::StatusOr<bool> Compare(Comparator op, const Value& left,
                             const Value& right, Mark mark, Heap* heap) {
  switch (op) {
    case Comparator::kEqual:
      return Equal(left, right, heap);
    case Comparator::kNotEqual:
      return !Equal(left, right, heap);
    case Comparator::kIs:
    case Comparator::kIsNot:
      if (const std::string* text = TextOf(left)) {
        heap->SpendBytes(text->size());
      }
      return Same(left, right) == (op == Comparator::kIs);
    case Comparator::kIn:
      return Contains(right, left, mark, heap);
    case Comparator::kNotIn: {
      ASSIGN_OR_RETURN(const bool is_in, Contains(right, left, mark, heap));
      return !is_in;
    }
    default:
      return InOrder(op, left, right, mark, heap, 0);
  }
}

absl::StatusOr<Value> ApplyInPlace(BinaryOperator op, const Value& left,
                                   const Value& right, Mark mark, Heap* heap) {
  List* list = left.get<List>();
  if (list != nullptr && !list->is_tuple && op == BinaryOperator::kAdd) {
    ASSIGN_OR_RETURN(const std::vector<Value> items,
                     ItemsOf(right, mark, heap));
    list->items.insert(list->items.end(), items.begin(), items.end());
    return left;
  }
  const Dict* dict = right.get<Dict>();
  if (left.get<Dict>() && dict && op == BinaryOperator::kOr) {
    RETURN_IF_ERROR(Update(*dict, left.get<Dict>(), heap));
    return left;
  }
  ASSIGN_OR_RETURN(const Value result, Apply(op, left, right, mark, heap));
  if (left.get<Set>() && result.get<Set>()) {
    left.get<Set>()->table = result.get<Set>()->table;
    return left;
  }
  return result;
}

absl::StatusOr<bool> Less(const Value& left, const Value& right, Mark mark,
                          Heap* heap) {
  return Compare(Comparator::kLess, left, right, mark, heap);
}

}  // namespace anneal::config::python
