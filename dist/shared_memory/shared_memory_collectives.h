// Collectives of the ranks of one machine through memory that they share.
#ifndef ANNEAL_DIST_SHARED_MEMORY_SHARED_MEMORY_COLLECTIVES_H_
#define ANNEAL_DIST_SHARED_MEMORY_SHARED_MEMORY_COLLECTIVES_H_

#include <c10/core/ScalarType.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "dist/shared_memory/rank_barrier.h"
#include "dist/shared_memory/reduction.h"
#include "dist/shared_memory/shared_segment.h"

namespace c10d {
class Store;
}

namespace anneal::dist {

// Blocking collectives on plain memory; all ranks call the same ones in the
// same order, from one thread at a time. Data goes through two slots a rank, in
// turn, a chunk at a time. Results are the same bits on every rank and in
// every run.
//
// Each begins with Announce, whose text all ranks must share; it names whatever
// they have to agree on. They fail as RankBarrier::Meet, and all do after one
// did.
class SharedMemoryCollectives {
 public:
  // Of one slot. Two slots of some ranks fit a core's L2 cache.
  static constexpr size_t kSlotBytes = 256 << 10;

  // Called by all ranks; fails as SharedSegment::Create.
  static absl::StatusOr<std::unique_ptr<SharedMemoryCollectives>> Create(
      c10d::Store& store, int rank, int size, absl::Duration timeout);

  int rank() const { return rank_; }
  int size() const { return size_; }

  // RankBarrier's.
  void Announce(absl::string_view text, absl::Duration timeout) {
    barrier_->Announce(text, timeout);
  }
  void Break(const absl::Status& reason) { barrier_->Break(reason); }

  // Each rank whose `mine` is not null gives `bytes` bytes; theirs[r], where
  // not null, takes those of rank r. A barrier with no bytes at all.
  absl::Status Share(const void* mine, const std::vector<void*>& theirs,
                     size_t bytes);

  // A piece of bytes between each two ranks.
  struct Piece {
    void* data = nullptr;
    size_t bytes = 0;
  };
  // Sends mine[r] to rank r and takes theirs[r] from it. InvalidArgument where
  // a piece has another size at its other end.
  absl::Status Exchange(const std::vector<Piece>& mine,
                        const std::vector<Piece>& theirs);

  // Reduces `numel` elements of `dtype` at `data`, in place; where not
  // `wants_result`, `data` stays as it is.
  absl::Status AllReduce(Reduction op, c10::ScalarType dtype, int64_t numel,
                         void* data, bool wants_result);
  // The reduction of all ranks' inputs[rank()], of `numel` elements each.
  // `output` may be one of the inputs.
  absl::Status ReduceScatter(Reduction op, c10::ScalarType dtype, int64_t numel,
                             const std::vector<const void*>& inputs,
                             void* output);

 private:
  SharedMemoryCollectives(std::unique_ptr<SharedSegment> segment, int rank,
                          int size);

  // Of the chunk `chunks_ahead` of the present one.
  char* slot(int rank, int64_t chunks_ahead = 0) const;
  // Compares the pieces' sizes and returns that of the longest one on any rank.
  absl::StatusOr<size_t> AgreeOnPieces(const std::vector<Piece>& mine,
                                       const std::vector<Piece>& theirs);
  // Each rank reduces everything: one meeting a chunk.
  absl::Status ReduceWhole(Reduction op, c10::ScalarType dtype, int64_t numel,
                           char* data, bool wants_result);
  // Each rank reduces a slice of each chunk for all: two meetings more, less
  // work where there are many ranks.
  absl::Status ReduceSlices(Reduction op, c10::ScalarType dtype, int64_t numel,
                            char* data, bool wants_result);

  const std::unique_ptr<SharedSegment> segment_;
  const int rank_;
  const int size_;
  const size_t piece_bytes_;  // of a slot that is split among the ranks
  const std::unique_ptr<RankBarrier> barrier_;
  // Chunks of all collectives so far. When one ends, others may still read the
  // slots of its last chunk; from the next meeting on, nobody does. So whatever
  // comes next may fill the slots of the next chunk at once, and those of the
  // one after that after a meeting.
  int64_t num_chunks_ = 0;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_SHARED_MEMORY_SHARED_MEMORY_COLLECTIVES_H_
