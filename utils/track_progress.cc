#include "utils/track_progress.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <thread>

#include "logging/log.h"

namespace anneal {
namespace {

bool IsShown(const TrackOptions& options) {
  return options.show == ShowBar::kAlways ||
         (options.show == ShowBar::kOnTerminal &&
          isatty(fileno(options.stream)) != 0);
}

// What the threads of one RunTracked share.
class Tasks {
 public:
  Tasks(int64_t num_tasks, const TrackOptions& options,
        absl::FunctionRef<bool(int64_t)> task)
      : num_tasks_(num_tasks),
        options_(options),
        task_(task),
        bar_(num_tasks, options,
             options.skip_first ? options.nproc * options.chunksize : 0) {}

  // A thread's share.
  void Work() {
    try {
      if (options_.initializer) options_.initializer();
      int64_t begin;
      int64_t end;
      while (TakeChunk(&begin, &end)) {
        for (int64_t i = begin; i < end; ++i) {
          const bool go_on = task_(i);
          const std::lock_guard<std::mutex> lock(mutex_);
          is_stopped_ = is_stopped_ || !go_on;
          if (go_on) bar_.Advance();
          if (is_stopped_) return;
        }
      }
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex_);
      is_stopped_ = true;
      if (exception_ == nullptr) exception_ = std::current_exception();
    }
  }

  void ThrowAgain() const {
    if (exception_ != nullptr) std::rethrow_exception(exception_);
  }

 private:
  bool TakeChunk(int64_t* begin, int64_t* end) {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_stopped_ || next_ == num_tasks_) return false;
    *begin = next_;
    next_ = *end = std::min(next_ + options_.chunksize, num_tasks_);
    return true;
  }

  const int64_t num_tasks_;
  const TrackOptions& options_;
  const absl::FunctionRef<bool(int64_t)> task_;
  std::mutex mutex_;
  TrackedBar bar_;
  int64_t next_ = 0;
  bool is_stopped_ = false;
  std::exception_ptr exception_;
};

}  // namespace

TrackedBar::TrackedBar(int64_t total, const TrackOptions& options,
                       int64_t num_skipped)
    : total_(total),
      num_skipped_(std::min(num_skipped, total)),
      stream_(options.stream),
      is_shown_(IsShown(options)) {
  if (is_shown_ && num_skipped_ == 0) {
    bar_ = std::make_unique<ProgressBar>(total_, stream_);
  }
}

TrackedBar::~TrackedBar() {
  if (!is_shown_) return;
  std::fputc('\n', stream_);
  std::fflush(stream_);
}

void TrackedBar::Advance() {
  ++done_;
  if (!is_shown_) return;
  // A bar begins to measure when it is made.
  if (bar_ == nullptr && done_ == num_skipped_) {
    bar_ = std::make_unique<ProgressBar>(total_, stream_);
  } else if (bar_ != nullptr) {
    bar_->Update(done_);
  }
}

void RunTracked(int64_t num_tasks, const TrackOptions& options,
                absl::FunctionRef<bool(int64_t)> task) {
  ANNEAL_CHECK(options.nproc >= 1) << "nproc is " << options.nproc;
  ANNEAL_CHECK(options.chunksize >= 1) << "chunksize is " << options.chunksize;
  Tasks tasks(num_tasks, options, task);
  std::vector<std::thread> threads;
  for (int i = 1; i < std::min<int64_t>(options.nproc, num_tasks); ++i) {
    threads.emplace_back([&tasks] { tasks.Work(); });
  }
  if (num_tasks > 0) tasks.Work();
  for (std::thread& thread : threads) thread.join();
  tasks.ThrowAgain();
}

}  // namespace anneal
