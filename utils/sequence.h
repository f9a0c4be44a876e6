// Lists: checks, cuts and joins.
#ifndef ANNEAL_UTILS_SEQUENCE_H_
#define ANNEAL_UTILS_SEQUENCE_H_

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <numeric>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "utils/value.h"

namespace anneal {

// Whether `value` is a list each of whose elements holds one of the types T of
// Value::get_if. An empty list is a list of anything. A bool is no integer
// here.
template <typename... T>
bool IsListOf(const Value& value) {
  const auto* list = value.get_if<Value::List>();
  return list != nullptr &&
         std::all_of(list->begin(), list->end(), [](const Value& element) {
           return (... || (element.get_if<T>() != nullptr));
         });
}

// `list` cut into pieces of `lens` elements. InvalidArgument where a length is
// below 0 or their sum is not the list's.
template <typename T>
absl::StatusOr<std::vector<std::vector<T>>> SliceList(
    const std::vector<T>& list, const std::vector<int64_t>& lens) {
  const int64_t sum = std::accumulate(lens.begin(), lens.end(), int64_t{0});
  if (sum != list.size() ||
      std::any_of(lens.begin(), lens.end(), [](int64_t n) { return n < 0; })) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the lengths to slice by add up to ", sum, ", the list has ",
        list.size(), " elements; they must be equal and none negative"));
  }
  std::vector<std::vector<T>> pieces;
  auto begin = list.begin();
  for (const int64_t n : lens) {
    pieces.emplace_back(begin, begin + n);
    begin += n;
  }
  return pieces;
}

// `list` cut into pieces of `len` elements each. InvalidArgument where `len` is
// below 1 or some are left over.
template <typename T>
absl::StatusOr<std::vector<std::vector<T>>> SliceList(
    const std::vector<T>& list, int64_t len) {
  if (len < 1 || list.size() % len != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a list of ", list.size(),
                     " elements can't be cut into pieces of ", len));
  }
  return SliceList(list, std::vector<int64_t>(list.size() / len, len));
}

// The elements of all `lists` in one.
template <typename T>
std::vector<T> ConcatList(std::vector<std::vector<T>> lists) {
  std::vector<T> all;
  for (std::vector<T>& list : lists) {
    all.insert(all.end(), std::make_move_iterator(list.begin()),
               std::make_move_iterator(list.end()));
  }
  return all;
}

// `data` with `apply` of each value in its lists and dicts that `expr` is true
// of; `data` itself where it is neither.
Value ApplyTo(const Value& data, absl::FunctionRef<bool(const Value&)> expr,
              absl::FunctionRef<Value(const Value&)> apply);

}  // namespace anneal

#endif  // ANNEAL_UTILS_SEQUENCE_H_
