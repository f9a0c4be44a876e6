#include "dist/shared_memory/rank_barrier.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <ctime>
#include <functional>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dist/this_machine.h"
#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

// About 10 us: two context switches cost as much.
constexpr int kNumSpins = 300;
// How often a sleeper looks at what wakes nobody: a process's end.
constexpr absl::Duration kLook = absl::Milliseconds(100);
// What others show of longer texts.
constexpr size_t kMaxText = 127;
constexpr size_t kMaxReason = 1023;

void Relax() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

// Sleeps while `word` is `value`, for `time` at most.
void SleepWhile(std::atomic<uint32_t>& word, uint32_t value,
                absl::Duration time) {
  const timespec timeout =
      absl::ToTimespec(std::max(time, absl::ZeroDuration()));
  syscall(SYS_futex, &word, FUTEX_WAIT, value, &timeout, nullptr, 0);
}

void WakeAll(std::atomic<uint32_t>& word) {
  syscall(SYS_futex, &word, FUTEX_WAKE, INT32_MAX, nullptr, nullptr, 0);
}

// Counters wrap around.
bool IsAtLeast(uint32_t count, uint32_t target) {
  return static_cast<int32_t>(count - target) >= 0;
}

void CopyText(absl::string_view text, size_t max, char* to) {
  const size_t size = std::min(text.size(), max);
  std::memcpy(to, text.data(), size);
  to[size] = '\0';
}

}  // namespace

// Zeros are the first state of both.
struct alignas(64) RankBarrier::Rank {
  std::atomic<uint32_t> round;
  std::atomic<uint32_t> has_left;
  std::atomic<int32_t> pid;
  // The last two: a rank may be one ahead of who reads.
  struct Announcement {
    uint64_t hash;
    char text[kMaxText + 1];
  } announced[2];
  // What it broke the barrier with.
  int32_t code;
  char reason[kMaxReason + 1];
};

struct RankBarrier::Shared {
  alignas(64) std::atomic<uint32_t> arrivals;  // of all ranks
  std::atomic<uint32_t> sleepers;
  alignas(64) std::atomic<uint32_t> broken_by;  // a rank + 1
};

static_assert(std::atomic<uint32_t>::is_always_lock_free &&
                  std::atomic<int32_t>::is_always_lock_free,
              "a lock would not work between processes");
static_assert(sizeof(std::atomic<uint32_t>) == 4, "a futex is 4 bytes");

size_t RankBarrier::SharedBytes(int size) {
  return sizeof(Shared) + size * sizeof(Rank);
}

RankBarrier::RankBarrier(void* shared, int rank, int size)
    : shared_(*static_cast<Shared*>(shared)),
      ranks_(reinterpret_cast<Rank*>(&shared_ + 1)),
      rank_(rank),
      size_(size),
      num_spins_(size <= NumUsableCores() ? kNumSpins : 0) {
  ranks_[rank_].pid.store(getpid());
}

RankBarrier::~RankBarrier() {
  ranks_[rank_].has_left.store(1);
  WakeAll(shared_.arrivals);
}

absl::Status RankBarrier::Join(absl::Duration timeout) {
  Announce("the start", timeout);
  RETURN_IF_ERROR(Meet());
  for (int rank = 0; rank < size_; ++rank) {
    peers_.push_back(rank == rank_ ? nullptr
                                   : std::make_unique<ProcessWatch>(
                                         ranks_[rank].pid.load()));
  }
  return absl::OkStatus();
}

void RankBarrier::Announce(absl::string_view text, absl::Duration timeout) {
  ++num_announced_;
  Rank::Announcement& mine = ranks_[rank_].announced[num_announced_ % 2];
  mine.hash = std::hash<std::string_view>()({text.data(), text.size()});
  CopyText(text, kMaxText, mine.text);
  is_announced_ = true;
  timeout_ = timeout;
}

absl::Status RankBarrier::Meet() {
  if (is_broken()) return Broken();
  ++round_;
  const uint32_t target = round_ * size_;
  if (shared_.arrivals.fetch_add(1) + 1 == target) {
    // A sleeper counts itself before the kernel looks at `arrivals`: it is seen
    // here or does not fall asleep.
    if (shared_.sleepers.load() != 0) WakeAll(shared_.arrivals);
  }
  ranks_[rank_].round.store(round_, std::memory_order_release);
  for (int i = 0; i < num_spins_; ++i) {
    if (IsAtLeast(shared_.arrivals.load(std::memory_order_acquire), target)) {
      break;
    }
    Relax();
  }
  RETURN_IF_ERROR(AwaitOthers(target));
  if (!is_announced_) return absl::OkStatus();
  is_announced_ = false;
  return CompareAnnouncements();
}

absl::Status RankBarrier::AwaitOthers(uint32_t target) {
  const auto start = std::chrono::steady_clock::now();
  uint32_t last_arrivals = target;
  while (true) {
    const uint32_t arrivals = shared_.arrivals.load();
    if (IsAtLeast(arrivals, target)) return absl::OkStatus();
    if (is_broken()) return Broken();

    const absl::Duration waited =
        absl::FromChrono(std::chrono::steady_clock::now() - start);
    if (arrivals == last_arrivals) BreakIfInVain(waited);
    last_arrivals = arrivals;
    shared_.sleepers.fetch_add(1);
    SleepWhile(shared_.arrivals, arrivals, std::min(kLook, timeout_ - waited));
    shared_.sleepers.fetch_sub(1);
  }
}

void RankBarrier::BreakIfInVain(absl::Duration waited) {
  std::vector<int> missing;
  for (int rank = 0; rank < size_; ++rank) {
    if (rank == rank_) continue;
    // In this order: who has come and then left or ended is not missed.
    const bool has_left = ranks_[rank].has_left.load() != 0;
    const bool has_ended = !peers_.empty() && peers_[rank]->HasEnded();
    if (IsAtLeast(ranks_[rank].round.load(), round_)) continue;
    if (has_left || has_ended) {
      Break(absl::UnavailableError(absl::StrCat(
          "rank ", rank, " (process ", ranks_[rank].pid.load(), ") ",
          has_ended ? "ended" : "left", " before ", CurrentText())));
      return;
    }
    missing.push_back(rank);
  }
  if (waited >= timeout_) {
    Break(absl::DeadlineExceededError(
        absl::StrCat("rank ", rank_, " timed out: it waited ",
                     absl::FormatDuration(timeout_), " for rank ",
                     absl::StrJoin(missing, ", "), " in ", CurrentText())));
  }
}

absl::string_view RankBarrier::CurrentText() const {
  return ranks_[rank_].announced[num_announced_ % 2].text;
}

absl::Status RankBarrier::CompareAnnouncements() {
  const Rank::Announcement& first = ranks_[0].announced[num_announced_ % 2];
  for (int rank = 1; rank < size_; ++rank) {
    const Rank::Announcement& other =
        ranks_[rank].announced[num_announced_ % 2];
    if (other.hash == first.hash) continue;
    const absl::Status differ = absl::InvalidArgumentError(absl::StrCat(
        "rank ", rank, " is in ", other.text, " while rank 0 is in ",
        first.text, "; all ranks must do the same in the same order"));
    Break(differ);
    return differ;
  }
  return absl::OkStatus();
}

void RankBarrier::Break(const absl::Status& reason) {
  if (has_broken_.exchange(true)) return;
  Rank& mine = ranks_[rank_];
  mine.code = static_cast<int32_t>(reason.code());
  CopyText(reason.message(), kMaxReason, mine.reason);
  uint32_t nobody = 0;
  shared_.broken_by.compare_exchange_strong(nobody, rank_ + 1);
  WakeAll(shared_.arrivals);
}

bool RankBarrier::is_broken() const { return shared_.broken_by.load() != 0; }

absl::Status RankBarrier::Broken() const {
  const Rank& by = ranks_[shared_.broken_by.load() - 1];
  return absl::Status(static_cast<absl::StatusCode>(by.code), by.reason);
}

}  // namespace anneal::dist
