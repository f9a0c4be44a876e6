#include "dist/check_collective.h"

#include <c10/core/ScalarType.h>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal::dist {

absl::Status CheckReducible(const at::Tensor& tensor, ReduceOp op) {
  const bool is_bitwise =
      op == ReduceOp::kBand || op == ReduceOp::kBor || op == ReduceOp::kBxor;
  const bool is_real = tensor.is_floating_point() || tensor.is_complex();
  if (is_bitwise && is_real) {
    return absl::InvalidArgumentError(
        absl::StrCat("bits of ", c10::toString(tensor.scalar_type()),
                     " tensors can't be reduced; reduce an integer dtype"));
  }
  return absl::OkStatus();
}

absl::Status CheckReducible(const Dict& values, ReduceOp op) {
  for (const auto& [key, value] : values) {
    const auto* tensor = value.get_if<at::Tensor>();
    if (tensor == nullptr) {
      return absl::InvalidArgumentError(
          absl::StrCat(KeyString(key), ": only tensors can be reduced, not ",
                       value.type_name()));
    }
    RETURN_IF_ERROR(CheckReducible(*tensor, op));
  }
  return absl::OkStatus();
}

absl::Status CheckRank(int rank, int world_size) {
  if (rank >= 0 && rank < world_size) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "rank ", rank, " is not in a world of ", world_size, "; it must be ",
      world_size == 1 ? "0" : absl::StrCat("0 to ", world_size - 1)));
}

absl::Status CheckGroup(const std::vector<int>& ranks, int world_size) {
  if (ranks.empty()) {
    return absl::InvalidArgumentError("a group needs at least one rank");
  }
  absl::flat_hash_set<int> seen;
  for (const int rank : ranks) {
    RETURN_IF_ERROR(CheckRank(rank, world_size));
    if (!seen.insert(rank).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("rank ", rank, " is twice in the group"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckResultsSize(int64_t size) {
  if (size >= 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "the size of the results is ", size, "; it must be at least 0"));
}

}  // namespace anneal::dist
