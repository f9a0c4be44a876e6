// The ranks of a run and their collectives.
#ifndef ANNEAL_DIST_COMMUNICATOR_H_
#define ANNEAL_DIST_COMMUNICATOR_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "utils/value.h"

namespace c10d {
class ProcessGroup;
}

namespace anneal::dist {

enum class ReduceOp { kSum, kMean, kProduct, kMin, kMax, kBand, kBor, kBxor };

// A group of ranks. Collectives are called by all ranks in the same order and
// block; a rank that fails or leaves makes them fail on the others
// (Unavailable, DeadlineExceeded). mmengine.dist's functions on a group.
class Communicator {
 public:
  virtual ~Communicator() = default;

  virtual int rank() const = 0;
  virtual int world_size() const = 0;
  // Among the ranks of this machine.
  virtual int local_rank() const = 0;
  virtual int local_size() const = 0;
  bool is_main_rank() const { return rank() == 0; }

  // Returns once every rank has called it.
  virtual absl::Status Barrier() = 0;
  // Reduces `*tensor`, of one shape and dtype on all ranks, in place.
  // InvalidArgument for kMean of an integer dtype and for kBand, kBor and kBxor
  // of a floating one.
  virtual absl::Status AllReduce(at::Tensor* tensor, ReduceOp op) = 0;
  // Reduces every tensor of `*values`, of the same names on all ranks.
  virtual absl::Status AllReduceDict(Dict* values, ReduceOp op) = 0;
  // Every rank's tensor, by rank.
  virtual absl::StatusOr<std::vector<at::Tensor>> AllGather(
      const at::Tensor& tensor) = 0;
  // As AllGather on `destination`; empty on the others. InvalidArgument, here
  // and below, for a rank outside the world.
  virtual absl::StatusOr<std::vector<at::Tensor>> Gather(
      const at::Tensor& tensor, int destination) = 0;
  // Overwrites `*tensor` with that of `source`.
  virtual absl::Status Broadcast(at::Tensor* tensor, int source) = 0;
  // The same of any values; they travel as bytes that can't execute.
  virtual absl::Status BroadcastObject(Value* value, int source) = 0;
  virtual absl::StatusOr<Value::List> AllGatherObject(const Value& value) = 0;
  virtual absl::StatusOr<Value::List> GatherObject(const Value& value,
                                                   int destination) = 0;
  // One seed for all: the main rank's.
  virtual absl::StatusOr<int64_t> SyncRandomSeed(int64_t seed) = 0;
  // Puts the ranks' results of an evaluation into the dataset's order
  // (DefaultSampler deals samples out in turn) and cuts the sampler's padding
  // off at `size`. On other ranks than the main one: empty. InvalidArgument for
  // a negative size.
  virtual absl::StatusOr<Value::List> CollectResults(Value::List results,
                                                     int64_t size) = 0;

  // The same ranks as LibTorch's own distributed code takes them; null for one
  // process.
  virtual c10d::ProcessGroup* process_group() { return nullptr; }
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_COMMUNICATOR_H_
