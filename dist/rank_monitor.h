// One rank's failure ends all.
#ifndef ANNEAL_DIST_RANK_MONITOR_H_
#define ANNEAL_DIST_RANK_MONITOR_H_

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "dist/collective_standings.h"
#include "dist/collective_trace.h"
#include "dist/control.pb.h"
#include "dist/control_channel.h"

namespace anneal::dist {

// Ends the run on every rank with the same cause: the first Failed or Lost in
// the control plane's order. When another rank ends the run, this one is
// interrupted; if its main thread has not come out (Fail, then the end of the
// monitor) within `grace`, the monitor logs the cause as the last line and ends
// the process with status 1, whatever that thread waits for.
//
// A thread of its own sees that the rank stands in a collective for longer than
// `blocked_after`; the ranks then find out between them whether one has left,
// or entered another collective than the others, and end the run naming it.
class RankMonitor : public ControlListener {
 public:
  struct Options {
    int rank = 0;
    int world_size = 1;
    absl::Duration grace = absl::Seconds(5);
    // How long an error that may be another's echo waits for its cause.
    absl::Duration echo_wait = absl::Seconds(2);
    absl::Duration blocked_after = absl::Seconds(1);
    // How long a rank that leaves waits for the others.
    absl::Duration leave_timeout = absl::Minutes(30);
  };

  // `send` sends to all ranks, ControlChannel::Send; it outlives the monitor.
  RankMonitor(const Options& options,
              std::function<void(const ControlMessage&)> send);
  // After it nothing ends the process. No message may come any more.
  ~RankMonitor() override;

  // What makes a blocked collective of this rank return with an error, say the
  // process group's abort; called at most once, on a thread of the control
  // plane, or by SetInterrupt where the run has failed already. Must not throw.
  // Null: nothing. Waits for an earlier one that is being called, so that what
  // that touches may go away then.
  void SetInterrupt(std::function<void()> interrupt);

  // This rank's run has ended with the error `own`. Tells all and returns the
  // cause that ended the run: `own`, or Aborted with "rank 2 failed: ...",
  // "rank 2 was lost: ..." or what the ranks found out. Unavailable and
  // DeadlineExceeded, what a collective gives when another rank is gone, wait
  // `echo_wait` for a cause first; if none comes, `own` is it, and its message
  // says which ranks had not entered the collective. The process should end
  // then; it is ended after `grace`.
  absl::Status Fail(const absl::Status& own);

  // This rank's run has come to its good end. Tells all and waits until every
  // rank has; then the run is over, and nothing is a failure any more. Returns
  // the cause where the run fails meanwhile, on this rank too, or has failed
  // before, as Fail would. After `leave_timeout` it ends the run: "rank 3 has
  // not left the run, 30m after rank 0 did". After a Fail that came when all
  // had left: what that was given.
  absl::Status Leave();

  // The cause that ended the run, as Fail returns it; OK while it goes on.
  // Costs a load then.
  absl::Status status() const;

  // Told of every collective by who runs them.
  CollectiveTrace* collectives() { return &trace_; }

  void OnMessage(const ControlMessage& message) override;

 private:
  using Clock = std::chrono::steady_clock;

  void Interrupt();
  // The methods below are called with mutex_ held.
  void Take(const ControlMessage& message);
  // What another rank that stands in a collective has to know of this one.
  void Answer(const Blocked& blocked);
  // The first cause; later ones change nothing.
  void SetFailure(const absl::Status& failure);
  bool WaitForFailure(absl::Duration timeout,
                      std::unique_lock<std::mutex>* lock);
  // `own`, with who is behind once it is known that no other cause comes.
  absl::Status AwaitCause(const absl::Status& own,
                          std::unique_lock<std::mutex>* lock);
  bool HaveAllLeft() const {
    return standings_.num_left() == options_.world_size;
  }
  // Ends the run for those that have not left in time.
  void FailForMissing(std::unique_lock<std::mutex>* lock);
  std::string OwnLine() const;
  void LookAtCollectives();
  void SendFound(const std::string& line);
  void SendBlocked(int64_t sequence, bool asks);
  void SendFailed(const std::string& line);
  [[noreturn]] void EndProcess(const absl::Status& failure);

  void Watch();

  const Options options_;
  const std::function<void(const ControlMessage&)> send_;
  CollectiveTrace trace_;

  std::mutex interrupt_mutex_;
  std::function<void()> interrupt_;

  std::atomic<bool> has_failed_{false};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All below under mutex_.
  CollectiveStandings standings_;
  absl::Status failure_;
  absl::Status own_;     // this rank's own error, once told to all
  absl::Status late_;    // its error after all had left
  bool is_out_ = false;  // the main thread is in Fail, or past it
  Clock::time_point end_at_;
  int64_t blocked_in_ = 0;  // the last that others were told of
  int64_t answered_ = 0;    // the greatest that a differing Blocked was about
  int64_t behind_ = 0;      // what others know that it has not entered; 0: none
  std::string seen_disagreement_;  // at the last look
  bool has_sent_found_ = false;
  bool is_stopping_ = false;

  std::thread watch_;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_RANK_MONITOR_H_
