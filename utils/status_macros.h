// RETURN_IF_ERROR and ASSIGN_OR_RETURN for absl::Status.
#ifndef ANNEAL_UTILS_STATUS_MACROS_H_
#define ANNEAL_UTILS_STATUS_MACROS_H_

#include <utility>

#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

// Evaluates `expr`, an absl::Status, and returns it from the current function
// if it is not OK.
#define RETURN_IF_ERROR(expr)                                          \
  do {                                                                 \
    ::absl::Status anneal_status = (expr);                             \
    if (ABSL_PREDICT_FALSE(!anneal_status.ok())) return anneal_status; \
  } while (false)

// Evaluates `expr`, an absl::StatusOr<T>; returns its status from the current
// function if it is not OK, else moves its value into `lhs`.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ANNEAL_ASSIGN_OR_RETURN_IMPL(     \
      ANNEAL_STATUS_MACROS_CONCAT(anneal_status_or_, __LINE__), lhs, expr)

#define ANNEAL_ASSIGN_OR_RETURN_IMPL(status_or, lhs, expr) \
  auto status_or = (expr);                                 \
  if (ABSL_PREDICT_FALSE(!status_or.ok())) {               \
    return std::move(status_or).status();                  \
  }                                                        \
  lhs = *std::move(status_or)

#define ANNEAL_STATUS_MACROS_CONCAT(a, b) ANNEAL_STATUS_MACROS_CONCAT_(a, b)
#define ANNEAL_STATUS_MACROS_CONCAT_(a, b) a##b

#endif  // ANNEAL_UTILS_STATUS_MACROS_H_
