#include <c10/core/ScalarType.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "dist/communicator.h"

namespace anneal::dist {
namespace {

absl::Status CheckRank(int rank) {
  if (rank == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("rank ", rank, " is not in a world of 1"));
}

absl::Status CheckReducible(const at::Tensor& tensor, ReduceOp op) {
  if (op != ReduceOp::kMean || tensor.is_floating_point()) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the mean of ", c10::toString(tensor.scalar_type()),
                   " tensors is not defined; reduce a floating dtype"));
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
      const absl::Status status = CheckReducible(*tensor, op);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<at::Tensor>> AllGather(
      const at::Tensor& tensor) override {
    return std::vector<at::Tensor>{tensor};
  }
  absl::StatusOr<std::vector<at::Tensor>> Gather(const at::Tensor& tensor,
                                                 int destination) override {
    const absl::Status status = CheckRank(destination);
    if (!status.ok()) return status;
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
    const absl::Status status = CheckRank(destination);
    if (!status.ok()) return status;
    return Value::List{value};
  }
  absl::StatusOr<int64_t> SyncRandomSeed(int64_t seed) override { return seed; }
  absl::StatusOr<Value::List> CollectResults(Value::List results,
                                             int64_t size) override {
    if (static_cast<int64_t>(results.size()) > size) results.resize(size);
    return results;
  }
};

}  // namespace

std::unique_ptr<Communicator> SingleProcess() {
  return std::make_unique<SingleProcessCommunicator>();
}

}  // namespace anneal::dist
