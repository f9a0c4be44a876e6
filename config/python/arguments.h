// Arguments of builtin functions.
#ifndef ANNEAL_CONFIG_PYTHON_ARGUMENTS_H_
#define ANNEAL_CONFIG_PYTHON_ARGUMENTS_H_

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/python/heap.h"
#include "config/python/value.h"

namespace anneal::config::python {

// InvalidArgument unless the call has `min` to `max` arguments without a name
// and no others.
absl::Status CheckArguments(const Call& call, size_t min, size_t max);

// InvalidArgument unless the call has at most `max` arguments without a name,
// and of those with one only `names`.
absl::Status CheckKeywords(const Call& call, size_t max,
                           std::initializer_list<absl::string_view> names);

// The i-th argument, or the one of that name, or `otherwise`.
Value Argument(const Call& call, size_t i, absl::string_view name,
               Value otherwise);

// The i-th argument, which is a str.
absl::StatusOr<std::string> TextArgument(const Call& call, size_t i);

// InvalidArgument: "NAME(): message" with the call's name.
absl::Status CallError(const Call& call, absl::string_view message);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_ARGUMENTS_H_
