#include "config/python/sorting.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "config/python/arguments.h"
#include "config/python/operators.h"
#include "utils/status_macros.h"

namespace anneal::config::python {

absl::StatusOr<std::vector<Value>> KeysOf(const Call& call,
                                          const std::vector<Value>& items) {
  const Value key = Argument(call, SIZE_MAX, "key", Value());
  if (key.is_none()) return items;
  const Function* function = key.get<const Function>();
  if (function == nullptr || function->native == nullptr) {
    return call.heap->Error(
        call.mark, absl::StrCat("a key is a function, not a ", TypeName(key)));
  }
  std::vector<Value> keys;
  for (const Value& item : items) {
    const Call inner{call.heap, call.mark, function->self,
                     {item},    {},        function->name};
    ASSIGN_OR_RETURN(const Value one, function->native(inner));
    RETURN_IF_ERROR(call.heap->Check(call.mark));
    keys.push_back(one);
  }
  return keys;
}

absl::Status SortItems(const Call& call, std::vector<Value>* items) {
  for (const Call::Keyword& keyword : call.keywords) {
    if (keyword.name != "key" && keyword.name != "reverse") {
      return CallError(
          call, absl::StrCat("no argument is called \"", keyword.name, "\""));
    }
  }
  const bool is_reversed =
      Truth(Argument(call, SIZE_MAX, "reverse", Value(false, call.mark)));
  ASSIGN_OR_RETURN(const std::vector<Value> keys, KeysOf(call, *items));
  // A merge of sorted halves, as std::stable_sort may not be stopped by an
  // error and wants an order, which nan has not.
  std::vector<size_t> order(keys.size()), merged(keys.size());
  std::iota(order.begin(), order.end(), 0);
  if (is_reversed) std::reverse(order.begin(), order.end());
  for (size_t width = 1; width < keys.size(); width *= 2) {
    for (size_t start = 0; start < keys.size(); start += 2 * width) {
      const size_t middle = std::min(start + width, keys.size());
      const size_t end = std::min(start + 2 * width, keys.size());
      size_t left = start, right = middle;
      for (size_t i = start; i < end; ++i) {
        bool takes_right = left == middle;
        if (left < middle && right < end) {
          ASSIGN_OR_RETURN(takes_right,
                           Less(keys[order[right]], keys[order[left]],
                                call.mark, call.heap));
        }
        merged[i] = takes_right ? order[right++] : order[left++];
      }
    }
    order.swap(merged);
  }
  if (is_reversed) std::reverse(order.begin(), order.end());
  std::vector<Value> sorted;
  sorted.reserve(items->size());
  for (const size_t at : order) sorted.push_back((*items)[at]);
  *items = std::move(sorted);
  return absl::OkStatus();
}

}  // namespace anneal::config::python
