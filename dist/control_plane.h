// The ranks of a run beside their collectives.
#ifndef ANNEAL_DIST_CONTROL_PLANE_H_
#define ANNEAL_DIST_CONTROL_PLANE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "dist/control_channel.h"
#include "dist/rank_monitor.h"
#include "dist/stop_agreement.h"

namespace anneal::dist {

// A rank's channel to the hub and what listens on it. Rank 0 makes the
// ControlHub first and destroys it last:
//
//   hub = ControlHub::Create({world_size, ...});       // rank 0
//   store: hub->port(), hub->token()                   // rank 0 tells, all ask
//   plane = ControlPlane::Join({host, port, token, rank, world_size, ...});
//   plane->monitor().SetInterrupt([&] { group->abort(); });
//   ...
//   return outcome.ok() ? plane->monitor().Leave()
//                       : plane->monitor().Fail(outcome);
//
// From one rank's failure to the end of the last process it takes at most
// `failure_timeout`.
class ControlPlane {
 public:
  struct Options {
    ControlChannel::Options channel;
    // The same on all ranks and the hub.
    absl::Duration failure_timeout = absl::Seconds(30);
    // How long a rank that leaves waits for the others.
    absl::Duration leave_timeout = absl::Minutes(30);
  };

  // Joins, as ControlChannel::Join.
  static absl::StatusOr<std::unique_ptr<ControlPlane>> Join(
      const Options& options);
  // Without Leave or Fail before, the other ranks lose this one.
  ~ControlPlane();
  ControlPlane(const ControlPlane&) = delete;
  ControlPlane& operator=(const ControlPlane&) = delete;

  RankMonitor& monitor() { return monitor_; }
  StopAgreement& stop() { return stop_; }

 private:
  ControlPlane(const Options& options, std::unique_ptr<ControlChannel> channel);

  std::unique_ptr<ControlChannel> channel_;
  RankMonitor monitor_;
  StopAgreement stop_;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_CONTROL_PLANE_H_
