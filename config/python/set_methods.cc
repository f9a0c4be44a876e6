#include <vector>

#include "absl/strings/str_cat.h"
#include "config/python/arguments.h"
#include "config/python/items.h"
#include "config/python/methods.h"
#include "config/python/operators.h"
#include "config/python/sets.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

Set* Self(const Call& call) { return call.self.get<Set>(); }

Value Nothing(const Call& call) { return Value(None(), call.mark); }

absl::Status CheckKey(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  if (IsHashable(call.arguments[0], call.heap)) return absl::OkStatus();
  return CallError(call, absl::StrCat("a ", TypeName(call.arguments[0]),
                                      " can't be in a set"));
}

absl::StatusOr<Value> Add(const Call& call) {
  RETURN_IF_ERROR(CheckKey(call));
  Self(call)->table.Set(call.arguments[0], Value(), call.mark, call.heap);
  return Nothing(call);
}

absl::StatusOr<Value> Discard(const Call& call) {
  RETURN_IF_ERROR(CheckKey(call));
  Self(call)->table.Erase(call.arguments[0], call.heap);
  return Nothing(call);
}

absl::StatusOr<Value> Remove(const Call& call) {
  RETURN_IF_ERROR(CheckKey(call));
  if (Self(call)->table.Erase(call.arguments[0], call.heap)) {
    return Nothing(call);
  }
  return CallError(call, "the value isn't there");
}

absl::StatusOr<Value> Update(const Call& call) {
  for (const Value& one : call.arguments) {
    ASSIGN_OR_RETURN(const std::vector<Value> items,
                     ItemsOf(one, call.mark, call.heap));
    RETURN_IF_ERROR(AddToSet(items, Self(call), call.mark, call.heap));
  }
  return Nothing(call);
}

template <BinaryOperator kOp>
absl::StatusOr<Value> Combine(const Call& call) {
  ASSIGN_OR_RETURN(Value result, ShallowCopy(call.self, call.mark, call.heap));
  for (const Value& one : call.arguments) {
    ASSIGN_OR_RETURN(const std::vector<Value> items,
                     ItemsOf(one, call.mark, call.heap));
    Set* other = call.heap->New<Set>();
    RETURN_IF_ERROR(AddToSet(items, other, call.mark, call.heap));
    ASSIGN_OR_RETURN(result, Apply(kOp, result, Value(other, call.mark),
                                   call.mark, call.heap));
  }
  return result;
}

template <Comparator kOp>
absl::StatusOr<Value> IsPart(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  ASSIGN_OR_RETURN(
      const bool is_part,
      Compare(kOp, call.self, call.arguments[0], call.mark, call.heap));
  return Value(is_part, call.mark);
}

absl::StatusOr<Value> Copy(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  return ShallowCopy(call.self, call.mark, call.heap);
}

absl::StatusOr<Value> Clear(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  Self(call)->table.Clear();
  return Nothing(call);
}

struct Method {
  absl::string_view name;
  Native native;
};
constexpr Method kMethods[] = {
    {"add", Add},
    {"clear", Clear},
    {"copy", Copy},
    {"difference", Combine<BinaryOperator::kSubtract>},
    {"discard", Discard},
    {"intersection", Combine<BinaryOperator::kAnd>},
    {"issubset", IsPart<Comparator::kLessEqual>},
    {"issuperset", IsPart<Comparator::kGreaterEqual>},
    {"remove", Remove},
    {"symmetric_difference", Combine<BinaryOperator::kXor>},
    {"union", Combine<BinaryOperator::kOr>},
    {"update", Update},
};

}  // namespace

absl::Status AddToSet(const std::vector<Value>& items, Set* set, Mark mark,
                      Heap* heap) {
  for (const Value& item : items) {
    if (!IsHashable(item, heap)) {
      RETURN_IF_ERROR(heap->Check(mark));
      return heap->Error(
          mark, absl::StrCat("a ", TypeName(item), " can't be in a set"));
    }
    set->table.Set(item, Value(), item.mark, heap);
  }
  return heap->Check(mark);
}

Native FindSetMethod(absl::string_view name) {
  for (const Method& method : kMethods) {
    if (method.name == name) return method.native;
  }
  return nullptr;
}

}  // namespace anneal::config::python
