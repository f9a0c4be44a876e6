#include "dist/single_process.h"

#include <c10/core/ScalarType.h>

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

absl::Status CheckRank(int rank) {
  if (rank == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("rank ", rank, " is not in a world of 1; it must be 0"));
}

// The same dtypes as with several ranks, so that code tried on one rank runs on
// many.
absl::Status CheckReducible(const at::Tensor& tensor, ReduceOp op) {
  const bool is_bitwise =
      op == ReduceOp::kBand || op == ReduceOp::kBor || op == ReduceOp::kBxor;
  const bool is_real = tensor.is_floating_point() || tensor.is_complex();
  if (op == ReduceOp::kMean && !is_real) {
    return absl::InvalidArgumentError(
        absl::StrCat("the mean of ", c10::toString(tensor.scalar_type()),
                     " tensors is not defined; reduce a floating dtype"));
  }
  if (is_bitwise && is_real) {
    return absl::InvalidArgumentError(
        absl::StrCat("bits of ", c10::toString(tensor.scalar_type()),
                     " tensors can't be reduced; reduce an integer dtype"));
  }
  return absl::OkStatus();
}

class SingleProcessCommunicator : public Communicator {
 public:
  int rank() const override { return 0; }
  int world_size() const override { return 1; }
  int local_rank() const override { return 0; }
  int local_size() const override { return 1; }

  absl::Status Barrier() override { return absl::OkStatus(); }
  absl::Status AllReduce(at::Tensor* tensor, ReduceOp op) override {
    return CheckReducible(*tensor, op);
  }
  absl::Status AllReduceDict(Dict* values, ReduceOp op) override {
    for (const auto& [key, value] : *values) {
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
  absl::StatusOr<std::vector<at::Tensor>> AllGather(
      const at::Tensor& tensor) override {
    return std::vector<at::Tensor>{tensor};
  }
  absl::StatusOr<std::vector<at::Tensor>> Gather(const at::Tensor& tensor,
                                                 int destination) override {
    RETURN_IF_ERROR(CheckRank(destination));
    return std::vector<at::Tensor>{tensor};
  }
  absl::Status Broadcast(at::Tensor*, int source) override {
    return CheckRank(source);
  }
  absl::Status BroadcastObject(Value*, int source) override {
    return CheckRank(source);
  }
  absl::StatusOr<Value::List> AllGatherObject(const Value& value) override {
    return Value::List{value};
  }
  absl::StatusOr<Value::List> GatherObject(const Value& value,
                                           int destination) override {
    RETURN_IF_ERROR(CheckRank(destination));
    return Value::List{value};
  }
  absl::StatusOr<int64_t> SyncRandomSeed(int64_t seed) override { return seed; }
  absl::StatusOr<Value::List> CollectResults(Value::List results,
                                             int64_t size) override {
    if (size < 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the size of the results is ", size, "; it must be at least 0"));
    }
    if (static_cast<int64_t>(results.size()) > size) results.resize(size);
    return results;
  }
};

}  // namespace

std::unique_ptr<Communicator> SingleProcess() {
  return std::make_unique<SingleProcessCommunicator>();
}

}  // namespace anneal::dist
