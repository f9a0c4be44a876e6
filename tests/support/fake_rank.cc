#include "tests/support/fake_rank.h"

#include <string>
#include <utility>
#include <vector>

namespace anneal {
namespace {

using dist::ReduceOp;

absl::Status NoOthers() {
  return absl::UnimplementedError("a fake rank has no others");
}

class Rank : public dist::Communicator {
 public:
  Rank(int rank, int world_size, Wire* wire)
      : rank_(rank), world_size_(world_size), wire_(wire) {}

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
  absl::Status BroadcastObject(Value* value, int) override {
    if (wire_ == nullptr) return NoOthers();
    if (is_main_rank()) {
      wire_->push_back(*value);
      return absl::OkStatus();
    }
    if (wire_->empty()) return NoOthers();
    *value = std::move(wire_->front());
    wire_->pop_front();
    return absl::OkStatus();
  }
  absl::StatusOr<Value::List> AllGatherObject(const Value&) override {
    return NoOthers();
  }
  absl::StatusOr<Value::List> GatherObject(const Value&, int) override {
    return NoOthers();
  }
  absl::StatusOr<int64_t> SyncRandomSeed(int64_t) override {
    return NoOthers();
  }
  absl::StatusOr<Value::List> CollectResults(Value::List results,
                                             int64_t) override {
    if (wire_ == nullptr) return NoOthers();
    return is_main_rank() ? std::move(results) : Value::List();
  }
  absl::StatusOr<std::unique_ptr<dist::Communicator>> NewGroup(
      const std::vector<int>&) override {
    return NoOthers();
  }
  absl::string_view backend() const override { return "none"; }

  absl::Status Fail(const absl::Status& own) override { return own; }
  absl::Status Leave() override { return absl::OkStatus(); }
  absl::optional<dist::StopWish> StopAt(int64_t,
                                        const dist::StopWish* wish) override {
    if (wish == nullptr) return absl::nullopt;
    return *wish;
  }

 private:
  int rank_;
  int world_size_;
  Wire* wire_;
};

}  // namespace

std::unique_ptr<dist::Communicator> FakeRank(int rank, int world_size,
                                             Wire* wire) {
  return std::make_unique<Rank>(rank, world_size, wire);
}

}  // namespace anneal
