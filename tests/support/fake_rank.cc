#include "tests/support/fake_rank.h"

#include <vector>

namespace anneal {
namespace {

using dist::ReduceOp;

absl::Status NoOthers() {
  return absl::UnimplementedError("a fake rank has no others");
}

class Rank : public dist::Communicator {
 public:
  Rank(int rank, int world_size) : rank_(rank), world_size_(world_size) {}

  int rank() const override { return rank_; }
  int world_size() const override { return world_size_; }
  int local_rank() const override { return rank_; }
  int local_size() const override { return world_size_; }

  absl::Status Barrier() override { return absl::OkStatus(); }
  absl::Status AllReduce(at::Tensor*, ReduceOp) override { return NoOthers(); }
  absl::Status AllReduceDict(Dict*, ReduceOp) override { return NoOthers(); }
  absl::StatusOr<std::vector<at::Tensor>> AllGather(
      const at::Tensor&) override {
    return NoOthers();
  }
  absl::StatusOr<std::vector<at::Tensor>> Gather(const at::Tensor&,
                                                 int) override {
    return NoOthers();
  }
  absl::Status Broadcast(at::Tensor*, int) override { return NoOthers(); }
  absl::Status BroadcastObject(Value*, int) override { return NoOthers(); }
  absl::StatusOr<Value::List> AllGatherObject(const Value&) override {
    return NoOthers();
  }
  absl::StatusOr<Value::List> GatherObject(const Value&, int) override {
    return NoOthers();
  }
  absl::StatusOr<int64_t> SyncRandomSeed(int64_t) override {
    return NoOthers();
  }
  absl::StatusOr<Value::List> CollectResults(Value::List, int64_t) override {
    return NoOthers();
  }

 private:
  int rank_;
  int world_size_;
};

}  // namespace

std::unique_ptr<dist::Communicator> FakeRank(int rank, int world_size) {
  return std::make_unique<Rank>(rank, world_size);
}

}  // namespace anneal
