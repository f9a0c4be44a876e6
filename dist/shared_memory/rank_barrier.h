// Where the ranks of one machine meet, in memory that they share.
#ifndef ANNEAL_DIST_SHARED_MEMORY_RANK_BARRIER_H_
#define ANNEAL_DIST_SHARED_MEMORY_RANK_BARRIER_H_

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "dist/shared_memory/process_watch.h"

namespace anneal::dist {

// A barrier between processes that share its memory. Ranks announce what they
// are about to do, so that ranks that differ get an error and not each other's
// bytes. It breaks, for all ranks and for good, when one waits in vain, ends,
// leaves or fails; the status is the same on those that see it.
//
// A rank spins for some microseconds, where each rank has a core, and then
// sleeps on a futex; whoever comes last wakes the others. A rank that ended is
// noticed within 0.1 s.
//
// One thread of a rank joins, announces and meets; Break may be called by any.
class RankBarrier {
 public:
  static size_t SharedBytes(int size);

  // `shared`: SharedBytes(size) bytes that all `size` ranks have mapped, zeros
  // before the first of them comes, aligned to 64; they outlive this.
  RankBarrier(void* shared, int rank, int size);
  // Leaves: others that wait for this rank get Unavailable. What it took part
  // in stays done.
  ~RankBarrier();
  RankBarrier(const RankBarrier&) = delete;
  RankBarrier& operator=(const RankBarrier&) = delete;

  // Meets the others for the first time and watches their processes from there
  // on. Fails as Meet, but does not notice who ends before coming.
  absl::Status Join(absl::Duration timeout);

  // What this rank does with the meetings from the next one on, compared there
  // with what the others do. Each of them waits `timeout` at most.
  void Announce(absl::string_view text, absl::Duration timeout);
  // Returns OK once every rank has called it as often as this one: what they
  // wrote before is seen after. DeadlineExceeded, naming who did not come;
  // Unavailable for one that ended or left; InvalidArgument for announcements
  // that differ; what Break was told.
  absl::Status Meet();
  // Breaks the barrier, unless it is, with `reason`.
  void Break(const absl::Status& reason);

 private:
  struct Shared;
  struct Rank;

  // Waits until `arrivals`, modulo 2^32, is at least `target`.
  absl::Status AwaitOthers(uint32_t target);
  void BreakIfInVain(absl::Duration waited);
  absl::Status CompareAnnouncements();
  absl::string_view CurrentText() const;
  bool is_broken() const;
  absl::Status Broken() const;  // what it is broken with

  Shared& shared_;
  Rank* const ranks_;  // [size_]
  const int rank_;
  const int size_;
  const int num_spins_;
  // By rank, none for this one; empty before Join.
  std::vector<std::unique_ptr<ProcessWatch>> peers_;
  std::atomic<bool> has_broken_{false};  // by this rank

  uint32_t round_ = 0;  // meetings called so far, modulo 2^32
  uint32_t num_announced_ = 0;
  bool is_announced_ = false;
  absl::Duration timeout_ = absl::InfiniteDuration();
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_SHARED_MEMORY_RANK_BARRIER_H_
