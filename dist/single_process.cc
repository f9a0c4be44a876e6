#include "dist/single_process.h"

#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dist/check_collective.h"
#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

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
    return CheckReducible(*values, op);
  }
  absl::StatusOr<std::vector<at::Tensor>> AllGather(
      const at::Tensor& tensor) override {
    return std::vector<at::Tensor>{tensor};
  }
  absl::StatusOr<std::vector<at::Tensor>> Gather(const at::Tensor& tensor,
                                                 int destination) override {
    RETURN_IF_ERROR(CheckRank(destination, 1));
    return std::vector<at::Tensor>{tensor};
  }
  absl::Status Broadcast(at::Tensor*, int source) override {
    return CheckRank(source, 1);
  }
  absl::Status BroadcastObject(Value*, int source) override {
    return CheckRank(source, 1);
  }
  absl::StatusOr<Value::List> AllGatherObject(const Value& value) override {
    return Value::List{value};
  }
  absl::StatusOr<Value::List> GatherObject(const Value& value,
                                           int destination) override {
    RETURN_IF_ERROR(CheckRank(destination, 1));
    return Value::List{value};
  }
  absl::StatusOr<int64_t> SyncRandomSeed(int64_t seed) override { return seed; }
  absl::StatusOr<Value::List> CollectResults(Value::List results,
                                             int64_t size) override {
    RETURN_IF_ERROR(CheckResultsSize(size));
    if (static_cast<int64_t>(results.size()) > size) results.resize(size);
    return results;
  }
  absl::StatusOr<std::unique_ptr<Communicator>> NewGroup(
      const std::vector<int>& ranks) override {
    RETURN_IF_ERROR(CheckGroup(ranks, 1));
    return SingleProcess();
  }
  absl::string_view backend() const override { return "none"; }

  absl::Status Fail(const absl::Status& own) override { return own; }
  absl::Status Leave() override { return absl::OkStatus(); }
  absl::optional<StopWish> StopAt(int64_t, const StopWish* wish) override {
    if (wish != nullptr && !stop_) stop_ = *wish;
    return stop_;
  }

 private:
  absl::optional<StopWish> stop_;
};

}  // namespace

std::unique_ptr<Communicator> SingleProcess() {
  return std::make_unique<SingleProcessCommunicator>();
}

}  // namespace anneal::dist
