// Work on many tasks under a progress bar.
#ifndef ANNEAL_UTILS_TRACK_PROGRESS_H_
#define ANNEAL_UTILS_TRACK_PROGRESS_H_

#include <cstdint>
#include <cstdio>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "utils/progress_bar.h"

namespace anneal {

// When a bar is drawn.
enum class ShowBar { kOnTerminal, kAlways, kNever };

struct TrackOptions {
  ShowBar show = ShowBar::kOnTerminal;
  std::FILE* stream = stderr;

  // The threads of TrackParallelProgress; one: the caller's own.
  int nproc = 1;
  // Tasks that a thread takes at once.
  int64_t chunksize = 1;
  // Results stand in the order of their tasks; else in that of their ends.
  bool keep_order = true;
  // Each thread's first tasks don't count for the bar's rate: they may have
  // something to set up.
  bool skip_first = false;
  // Called in each thread before its first task, where given.
  std::function<void()> initializer;
};

// A bar for `total` tasks that draws itself where `options` say so.
class TrackedBar {
 public:
  // `num_skipped`: tasks at the beginning that the rate leaves out.
  TrackedBar(int64_t total, const TrackOptions& options,
             int64_t num_skipped = 0);
  // Ends the bar's line.
  ~TrackedBar();
  TrackedBar(const TrackedBar&) = delete;
  TrackedBar& operator=(const TrackedBar&) = delete;

  // One more task is done.
  void Advance();

 private:
  int64_t total_;
  int64_t num_skipped_;
  int64_t done_ = 0;
  std::FILE* stream_;
  bool is_shown_;
  std::unique_ptr<ProgressBar> bar_;
};

// Calls `task` with 0 to `num_tasks` - 1, each once. Where one returns false or
// throws, no more are begun; what was thrown first is thrown again, in the
// caller's thread. Dies if nproc or chunksize is below 1.
void RunTracked(int64_t num_tasks, const TrackOptions& options,
                absl::FunctionRef<bool(int64_t)> task);

namespace internal {

// What the tasks give together: R each.
template <typename R>
struct Tracked {
  using Result = R;
  using All = std::vector<R>;
  static absl::Status status(const R&) { return absl::OkStatus(); }
  static R Take(R result) { return result; }
};
template <typename T>
struct Tracked<absl::StatusOr<T>> {
  using Result = T;
  using All = absl::StatusOr<std::vector<T>>;
  static absl::Status status(const absl::StatusOr<T>& r) { return r.status(); }
  static T Take(absl::StatusOr<T> result) { return *std::move(result); }
};

}  // namespace internal

// fn(task) of each task, on options.nproc threads: mmengine's
// track_parallel_progress and, in the default order, its track_progress_rich.
// The result is a vector of what `fn` returns. Where that is a StatusOr<T>: a
// StatusOr of a vector of T, which is the error of the earliest task that has
// one; after an error no more tasks are begun. `fn` is called by several
// threads at once.
template <typename Fn, typename Task>
auto TrackParallelProgress(Fn fn, const std::vector<Task>& tasks,
                           const TrackOptions& options) ->
    typename internal::Tracked<decltype(fn(tasks[0]))>::All {
  using Each = internal::Tracked<decltype(fn(tasks[0]))>;
  std::vector<absl::optional<typename Each::Result>> results(tasks.size());
  std::mutex mutex;
  std::vector<int64_t> order;
  order.reserve(tasks.size());
  absl::Status error;
  int64_t error_task = tasks.size();
  RunTracked(tasks.size(), options, [&](int64_t i) {
    auto result = fn(tasks[i]);
    absl::Status status = Each::status(result);
    const std::lock_guard<std::mutex> lock(mutex);
    if (!status.ok()) {
      if (i < error_task) {
        error_task = i;
        error = std::move(status);
      }
      return false;
    }
    results[i].emplace(Each::Take(std::move(result)));
    order.push_back(i);
    return true;
  });
  std::vector<typename Each::Result> all;
  if constexpr (!std::is_same_v<typename Each::All, decltype(all)>) {
    if (!error.ok()) return error;
  }
  all.reserve(tasks.size());
  for (size_t i = 0; i < order.size(); ++i) {
    all.push_back(*std::move(results[options.keep_order ? i : order[i]]));
  }
  return all;
}

// The same in the caller's thread.
template <typename Fn, typename Task>
auto TrackProgress(Fn fn, const std::vector<Task>& tasks,
                   TrackOptions options = {}) {
  options.nproc = 1;
  return TrackParallelProgress(std::move(fn), tasks, options);
}

// A range over `tasks`, which must outlive it, with a bar:
//
//   for (const Image& image : TrackIterProgress(images)) Draw(image);
template <typename Container>
class TrackIterProgress {
 public:
  explicit TrackIterProgress(const Container& tasks,
                             const TrackOptions& options = {})
      : tasks_(tasks), bar_(std::size(tasks), options) {}

  class Iterator {
   public:
    using Inner = decltype(std::begin(std::declval<const Container&>()));
    Iterator(Inner inner, TrackedBar* bar) : inner_(inner), bar_(bar) {}
    decltype(auto) operator*() const { return *inner_; }
    Iterator& operator++() {
      ++inner_;
      bar_->Advance();
      return *this;
    }
    bool operator!=(const Iterator& other) const {
      return inner_ != other.inner_;
    }

   private:
    Inner inner_;
    TrackedBar* bar_;
  };

  Iterator begin() { return {std::begin(tasks_), &bar_}; }
  Iterator end() { return {std::end(tasks_), &bar_}; }

 private:
  const Container& tasks_;
  TrackedBar bar_;
};

}  // namespace anneal

#endif  // ANNEAL_UTILS_TRACK_PROGRESS_H_
