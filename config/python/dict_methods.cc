#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/python/arguments.h"
#include "config/python/dict_update.h"
#include "config/python/items.h"
#include "config/python/methods.h"
#include "config/python/operators.h"
#include "config/python/text.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

Dict* Self(const Call& call) { return call.self.get<Dict>(); }

Value Nothing(const Call& call) { return Value(None(), call.mark); }

absl::StatusOr<Value> Update(const Call& call) {
  Dict* dict = Self(call);
  if (call.arguments.size() > 1) {
    return CallError(call, "it takes one dict, and named values");
  }
  ASSIGN_OR_RETURN(const std::vector<Table::Slot> slots,
                   SlotsOfArguments(call));
  for (const Table::Slot& slot : slots) {
    RETURN_IF_ERROR(
        dict->is_config_dict
            ? UpdateConfigKey(dict, slot, call.heap, 0)
            : SetKey(dict, slot.key, slot.value, slot.mark, call.heap));
  }
  return Nothing(call);
}

absl::StatusOr<Value> Merge(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  if (!call.arguments[0].get<Dict>()) {
    return CallError(call, "it takes a dict");
  }
  RETURN_IF_ERROR(
      MergeDict(call.arguments[0], call.self, call.mark, call.heap));
  return Nothing(call);
}

// The value of the first argument's key, or null.
absl::StatusOr<Table::Slot*> Find(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 2));
  if (!IsHashable(call.arguments[0], call.heap)) {
    return CallError(call, absl::StrCat("a ", TypeName(call.arguments[0]),
                                        " can't be a key"));
  }
  return Self(call)->table.Find(call.arguments[0], call.heap);
}

absl::StatusOr<Value> Get(const Call& call) {
  ASSIGN_OR_RETURN(const Table::Slot* slot, Find(call));
  return slot ? slot->value : Argument(call, 1, "", Nothing(call));
}

absl::StatusOr<Value> Pop(const Call& call) {
  Call positional = call;
  // A ConfigDict's pop has a default, and it may be named.
  for (const Call::Keyword& keyword : call.keywords) {
    if (keyword.name == "default" && positional.arguments.size() == 1) {
      positional.arguments.push_back(keyword.value);
      positional.keywords.clear();
    }
  }
  ASSIGN_OR_RETURN(const Table::Slot* slot, Find(positional));
  if (slot != nullptr) {
    const Value value = slot->value;
    Self(call)->table.Erase(positional.arguments[0], call.heap);
    return value;
  }
  if (positional.arguments.size() > 1) return positional.arguments[1];
  if (Self(call)->is_config_dict) return Nothing(call);
  return CallError(call, absl::StrCat("the dict has no key ",
                                      Repr(call.arguments[0], call.heap)));
}

absl::StatusOr<Value> SetDefault(const Call& call) {
  ASSIGN_OR_RETURN(const Table::Slot* slot, Find(call));
  if (slot != nullptr) return slot->value;
  const Value value = Argument(call, 1, "", Nothing(call));
  RETURN_IF_ERROR(
      SetKey(Self(call), call.arguments[0], value, call.mark, call.heap));
  return GetItem(call.self, call.arguments[0], call.mark, call.heap);
}

enum class Part { kKeys, kValues, kItems };

template <Part kPart>
absl::StatusOr<Value> Parts(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  std::vector<Value> parts;
  for (const Table::Slot& slot : Self(call)->table.slots) {
    parts.push_back(
        kPart == Part::kKeys ? slot.key
        : kPart == Part::kValues
            ? slot.value
            : call.heap->NewTuple({slot.key, slot.value}, call.mark));
  }
  return call.heap->NewList(std::move(parts), call.mark);
}

absl::StatusOr<Value> Copy(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  return ShallowCopy(call.self, call.mark, call.heap);
}

absl::StatusOr<Value> Deep(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  return DeepCopy(call.self, call.mark, call.heap);
}

absl::StatusOr<Value> Clear(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  Self(call)->table.Clear();
  return Nothing(call);
}

absl::StatusOr<Value> PopItem(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  if (Self(call)->table.slots.empty()) {
    return CallError(call, "the dict is empty");
  }
  const Table::Slot slot = Self(call)->table.slots.back();
  Self(call)->table.Erase(slot.key, call.heap);
  return call.heap->NewTuple({slot.key, slot.value}, call.mark);
}

struct Method {
  absl::string_view name;
  Native native;
  bool is_of_plain;
};
constexpr Method kMethods[] = {
    {"clear", Clear, true},
    {"copy", Copy, true},
    {"deepcopy", Deep, false},
    {"get", Get, true},
    {"items", Parts<Part::kItems>, true},
    {"keys", Parts<Part::kKeys>, true},
    {"merge", Merge, false},
    {"pop", Pop, true},
    {"popitem", PopItem, true},
    {"setdefault", SetDefault, true},
    {"to_dict", Deep, false},
    {"update", Update, true},
    {"values", Parts<Part::kValues>, true},
};

}  // namespace

Native FindDictMethod(absl::string_view name, bool is_config_dict) {
  for (const Method& method : kMethods) {
    if (method.name == name && (is_config_dict || method.is_of_plain)) {
      return method.native;
    }
  }
  return nullptr;
}

}  // namespace anneal::config::python
