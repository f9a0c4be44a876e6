#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/python/arguments.h"
#include "config/python/items.h"
#include "config/python/methods.h"
#include "config/python/sorting.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

List& Self(const Call& call) { return *call.self.get<List>(); }

Value Nothing(const Call& call) { return Value(None(), call.mark); }

absl::StatusOr<Value> Append(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  call.heap->Reserve(2 * sizeof(Value));
  Self(call).items.push_back(call.arguments[0]);
  return Nothing(call);
}

absl::StatusOr<Value> Extend(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  ASSIGN_OR_RETURN(const std::vector<Value> items,
                   ItemsOf(call.arguments[0], call.mark, call.heap));
  Self(call).items.insert(Self(call).items.end(), items.begin(), items.end());
  return Nothing(call);
}

absl::StatusOr<Value> Insert(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 2, 2));
  if (!IsInteger(call.arguments[0])) {
    return CallError(call, "the index is an integer");
  }
  auto& items = Self(call).items;
  const int64_t size = items.size();
  int64_t at = AsInteger(call.arguments[0]);
  if (at < 0) at = std::max<int64_t>(at, -size) + size;
  call.heap->Reserve(2 * sizeof(Value));
  call.heap->Spend(size / 64);
  items.insert(items.begin() + std::min(at, size), call.arguments[1]);
  return Nothing(call);
}

absl::StatusOr<Value> Pop(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 1));
  auto& items = Self(call).items;
  const Value index = Argument(call, 0, "", Value(int64_t{-1}, call.mark));
  ASSIGN_OR_RETURN(const int64_t at,
                   Position(index, items.size(), call.mark, call.heap));
  const Value item = items[at];
  call.heap->Spend(items.size() / 64);
  items.erase(items.begin() + at);
  return item;
}

// The position of the first equal item.
absl::StatusOr<int64_t> Search(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  const auto& items = Self(call).items;
  const auto it =
      std::find_if(items.begin(), items.end(), [&](const Value& item) {
        return Equal(item, call.arguments[0], call.heap);
      });
  RETURN_IF_ERROR(call.heap->Check(call.mark));
  if (it == items.end()) {
    return CallError(call, "the value isn't there");
  }
  return it - items.begin();
}

absl::StatusOr<Value> Index(const Call& call) {
  ASSIGN_OR_RETURN(const int64_t at, Search(call));
  return Value(at, call.mark);
}

absl::StatusOr<Value> Remove(const Call& call) {
  ASSIGN_OR_RETURN(const int64_t at, Search(call));
  Self(call).items.erase(Self(call).items.begin() + at);
  return Nothing(call);
}

absl::StatusOr<Value> Count(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 1, 1));
  const auto& items = Self(call).items;
  const int64_t count =
      std::count_if(items.begin(), items.end(), [&](const Value& item) {
        return Equal(item, call.arguments[0], call.heap);
      });
  return Value(count, call.mark);
}

absl::StatusOr<Value> Copy(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  return ShallowCopy(call.self, call.mark, call.heap);
}

absl::StatusOr<Value> Clear(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  Self(call).items.clear();
  return Nothing(call);
}

absl::StatusOr<Value> Reverse(const Call& call) {
  RETURN_IF_ERROR(CheckArguments(call, 0, 0));
  call.heap->Spend(Self(call).items.size() / 16);
  std::reverse(Self(call).items.begin(), Self(call).items.end());
  return Nothing(call);
}

absl::StatusOr<Value> Sort(const Call& call) {
  if (!call.arguments.empty()) {
    return CallError(call, "its arguments have names");
  }
  std::vector<Value> items = Self(call).items;
  RETURN_IF_ERROR(SortItems(call, &items));
  Self(call).items = std::move(items);
  return Nothing(call);
}

struct Method {
  absl::string_view name;
  Native native;
  bool is_of_tuple;
};
constexpr Method kMethods[] = {
    {"append", Append, false}, {"clear", Clear, false},
    {"copy", Copy, false},     {"count", Count, true},
    {"extend", Extend, false}, {"index", Index, true},
    {"insert", Insert, false}, {"pop", Pop, false},
    {"remove", Remove, false}, {"reverse", Reverse, false},
    {"sort", Sort, false},
};

}  // namespace

Native FindListMethod(absl::string_view name, bool is_tuple) {
  for (const Method& method : kMethods) {
    if (method.name == name && (!is_tuple || method.is_of_tuple)) {
      return method.native;
    }
  }
  return nullptr;
}

}  // namespace anneal::config::python
