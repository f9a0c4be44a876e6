// All ranks stop at the same point.
#ifndef ANNEAL_DIST_STOP_AGREEMENT_H_
#define ANNEAL_DIST_STOP_AGREEMENT_H_

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <vector>

#include "absl/types/optional.h"
#include "dist/control.pb.h"
#include "dist/control_channel.h"
#include "dist/stop_wish.h"

namespace anneal::dist {

// Agrees on the point at which a run stops, without a collective a step. A rank
// that wishes to stop says where it stands and waits there. Of the first
// StopRequest in the control plane's order each rank tells the first point that
// it can stop at: that of the request, where it waits too when it comes there,
// or the next one where its main thread has passed it already. The run stops at
// the greatest answer. Those that wait for it wait for nothing else: they have
// done their part of all collectives before the point.
class StopAgreement : public ControlListener {
 public:
  // `send` sends to all ranks, ControlChannel::Send.
  StopAgreement(int world_size,
                std::function<void(const ControlMessage&)> send);

  // Communicator::StopAt, by the main thread; nothing also once the run has
  // failed. Without a wish of any rank it costs a store and two loads.
  absl::optional<StopWish> Poll(int64_t point, const StopWish* wish);

  void OnMessage(const ControlMessage& message) override;

 private:
  // The methods below are called with mutex_ held.
  void Take(const ControlMessage& message);
  void TakeRequest(const ControlMessage& request);
  void Answer(int64_t point);
  // Adds the rank's word; what it says later changes nothing.
  void Count(int rank, int64_t point);

  const std::function<void(const ControlMessage&)> send_;
  // The last point that the main thread has come to.
  std::atomic<int64_t> point_{0};
  // Whether it has wished to stop: set before it says at which point.
  std::atomic<bool> has_requested_{false};
  std::atomic<bool> is_asked_{false};

  std::mutex mutex_;
  std::condition_variable changed_;
  // All below under mutex_.
  StopWish wish_;
  int64_t asked_at_ = 0;
  bool is_answered_ = false;  // by this rank
  std::vector<bool> has_answered_;
  int num_missing_;
  int64_t stop_at_ = 0;
  bool is_decided_ = false;
  bool has_failed_ = false;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_STOP_AGREEMENT_H_
