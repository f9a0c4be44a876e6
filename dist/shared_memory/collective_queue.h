// A backend's collectives, one after the other.
#ifndef ANNEAL_DIST_SHARED_MEMORY_COLLECTIVE_QUEUE_H_
#define ANNEAL_DIST_SHARED_MEMORY_COLLECTIVE_QUEUE_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <torch/csrc/distributed/c10d/Work.hpp>
#include <vector>

#include "absl/status/status.h"

namespace anneal::dist {

// A collective that is yet to run.
struct Collective {
  c10d::OpType type = c10d::OpType::UNKNOWN;
  const char* title = nullptr;  // for the profiler
  std::vector<at::Tensor> inputs;
  std::vector<at::Tensor> outputs;  // the value of its future
  // Keeps alive what it touches.
  std::function<absl::Status()> run;
};

// Runs collectives in the order in which they come, on a thread of its own, so
// that they overlap with what the caller computes. Autograd and observers of
// operations see nothing of them.
//
// A status is thrown by the work's wait() and is its future's error:
// c10::ValueError for InvalidArgument, else c10::DistBackendError.
//
// Thread-safe. A callback of a future runs on the thread that ran the
// collective: it may submit others but not wait for them.
class CollectiveQueue {
 public:
  CollectiveQueue();
  // Runs what is queued.
  ~CollectiveQueue();
  CollectiveQueue(const CollectiveQueue&) = delete;
  CollectiveQueue& operator=(const CollectiveQueue&) = delete;

  // Where `is_async` is false and nothing else is queued, runs it on the
  // calling thread before it returns: two thread switches less. Throws
  // c10::Error after Stop.
  c10::intrusive_ptr<c10d::Work> Submit(Collective collective, bool is_async);
  // Runs what is queued and takes no more.
  void Stop();

 private:
  class QueuedWork;

  // Gives `lock` up while the work runs; nothing else is running.
  void RunFirst(std::unique_lock<std::mutex>& lock);
  void Loop();

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<c10::intrusive_ptr<QueuedWork>> works_;
  bool is_running_ = false;
  bool is_stopped_ = false;
  std::thread thread_;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_SHARED_MEMORY_COLLECTIVE_QUEUE_H_
