// The middle of a run's control plane.
#ifndef ANNEAL_DIST_CONTROL_HUB_H_
#define ANNEAL_DIST_CONTROL_HUB_H_

#include <memory>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace anneal::dist {

class HubLoop;

// Relays each rank's ControlMessage to all ranks in one order, and adds Lost
// for a rank whose connection ends, or that is silent for half of
// `failure_timeout`, before it has sent Left. Lives in rank 0's process, as one
// thread with one TCP connection a rank. It takes connections until every rank
// has joined with the token; it refuses others in words, and then listens no
// more. A hub whose ranks don't all join in time, or lose one before, refuses
// those that have.
class ControlHub {
 public:
  struct Options {
    int world_size = 1;
    // The address to listen on; "": all interfaces.
    std::string address;
    // All ranks must have joined by then.
    absl::Duration join_timeout = absl::Minutes(10);
    absl::Duration failure_timeout = absl::Seconds(30);
  };

  // Listens on a free port. InvalidArgument for a world size or time below 1,
  // Unavailable with the system's reason where it can't listen.
  static absl::StatusOr<std::unique_ptr<ControlHub>> Create(
      const Options& options);
  // Waits until all ranks' connections have ended, up to a sixth of
  // `failure_timeout`, so that the last words reach them; then ends them.
  ~ControlHub();
  ControlHub(const ControlHub&) = delete;
  ControlHub& operator=(const ControlHub&) = delete;

  // What ranks join with, for the rendezvous store to tell them.
  int port() const { return port_; }
  // Random, of this hub alone.
  const std::string& token() const { return token_; }

 private:
  ControlHub();

  int port_ = 0;
  std::string token_;
  std::unique_ptr<HubLoop> loop_;
  std::thread thread_;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_CONTROL_HUB_H_
