// All ranks stop after the same iteration.
#ifndef ANNEAL_DIST_STOP_AGREEMENT_H_
#define ANNEAL_DIST_STOP_AGREEMENT_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "dist/control.pb.h"
#include "dist/control_channel.h"

namespace anneal::dist {

// Agrees on the iteration after which a run stops, without a collective a step.
// The first StopRequest in the control plane's order makes each rank's channel
// thread answer with the iterations its main thread has finished; the run stops
// after the greatest answer plus one. A main thread that meets the question
// before the answers are complete waits for them, and for nothing else: they
// come from channel threads, so ranks that stand in a collective answer too.
class StopAgreement : public ControlListener {
 public:
  // `send` sends to all ranks, ControlChannel::Send.
  StopAgreement(int world_size,
                std::function<void(const ControlMessage&)> send);

  // Called by the main thread once an iteration, on all ranks with the same
  // numbers, with the number of iterations finished and why this rank wants
  // to stop ("SIGTERM"; null: it does not). "SIGTERM on rank 2" after the
  // agreed iteration and those that follow, on every rank the same; else
  // nothing, also once the run has failed. Without a request it costs a store
  // and a load.
  absl::optional<std::string> Poll(int64_t iter, const char* wanted);

  void OnMessage(const ControlMessage& message) override;

 private:
  // The methods below are called with mutex_ held.
  void Take(const ControlMessage& message);
  void Answer(const ControlMessage& request);
  // Adds the rank's word; what it says later changes nothing.
  void Count(int rank, int64_t iterations);

  const std::function<void(const ControlMessage&)> send_;
  std::atomic<int64_t> iter_{0};
  std::atomic<bool> is_asked_{false};
  bool has_requested_ = false;  // the main thread's own

  std::mutex mutex_;
  std::condition_variable changed_;
  // All below under mutex_.
  std::string reason_;
  std::vector<bool> has_answered_;
  int num_missing_;
  int64_t stop_at_ = 0;
  bool is_decided_ = false;
  bool has_failed_ = false;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_STOP_AGREEMENT_H_
