// The ranks of a run and their collectives.
#ifndef ANNEAL_DIST_COMMUNICATOR_H_
#define ANNEAL_DIST_COMMUNICATOR_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "dist/stop_wish.h"
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
  // Reduces `*tensor`, of one shape and dtype on all ranks, in place. The mean
  // of integers is cut towards zero, as mmengine's. InvalidArgument for kBand,
  // kBor and kBxor of a floating dtype.
  virtual absl::Status AllReduce(at::Tensor* tensor, ReduceOp op) = 0;
  // Reduces every tensor of `*values`, of the same names on all ranks.
  virtual absl::Status AllReduceDict(Dict* values, ReduceOp op) = 0;
  // Every rank's tensor, by rank; they have one dtype, else InvalidArgument,
  // and may have different shapes.
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

  // A group of some of the ranks, `ranks`, whose numbers in it are their places
  // in the list; its other methods are theirs alone. All ranks of this group
  // call it with the same list; null on those that are not in it. It lives no
  // longer than this. InvalidArgument for no ranks, one twice, or one outside.
  virtual absl::StatusOr<std::unique_ptr<Communicator>> NewGroup(
      const std::vector<int>& ranks) = 0;
  // What carries collectives: "gloo", "nccl", "shm"; "none" for one process.
  virtual absl::string_view backend() const = 0;

  // Tells the other ranks that this one's run has ended with the error `own`,
  // so that they end too, and gives the error that ended it for all: the first.
  // The process is to end then; where it waits for something it is ended.
  virtual absl::Status Fail(const absl::Status& own) = 0;
  // Ends the part of this rank, whose run has come to its good end, and waits
  // for the others. Gives their error, as Fail does, where one fails meanwhile.
  // The destructor does it where it was not called.
  virtual absl::Status Leave() = 0;
  // Called at points of the run where it may stop, which all ranks reach in the
  // same order, numbered from 1; `wish`: that of this rank, or null. Where some
  // rank wishes to stop all do, at the same point: that one if all wish it
  // there, else that or a later one. The first wish is given there and from
  // then on, with the rank ("SIGTERM on rank 2") where there are several.
  virtual absl::optional<StopWish> StopAt(int64_t point,
                                          const StopWish* wish) = 0;

  // The same ranks as LibTorch's own distributed code takes them; null for one
  // process.
  virtual c10d::ProcessGroup* process_group() { return nullptr; }
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_COMMUNICATOR_H_
