#include "dist/control_plane.h"

#include <algorithm>
#include <utility>

#include "absl/memory/memory.h"
#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

// A rank that falls silent is lost after half of the failure timeout; what
// follows must fit into the other half.
RankMonitor::Options MonitorOptions(const ControlPlane::Options& options) {
  const absl::Duration limit = options.failure_timeout;
  RankMonitor::Options monitor;
  monitor.rank = options.channel.rank;
  monitor.world_size = options.channel.world_size;
  monitor.leave_timeout = options.leave_timeout;
  monitor.grace = std::min(monitor.grace, limit / 6);
  monitor.echo_wait = std::min(monitor.echo_wait, limit / 15);
  monitor.blocked_after = std::min(monitor.blocked_after, limit / 30);
  return monitor;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlPlane>> ControlPlane::Join(
    const Options& options) {
  ASSIGN_OR_RETURN(std::unique_ptr<ControlChannel> channel,
                   ControlChannel::Join(options.channel));
  return absl::WrapUnique(new ControlPlane(options, std::move(channel)));
}

ControlPlane::ControlPlane(const Options& options,
                           std::unique_ptr<ControlChannel> channel)
    : channel_(std::move(channel)),
      monitor_(MonitorOptions(options),
               [this](const ControlMessage& m) { channel_->Send(m); }),
      stop_(options.channel.world_size,
            [this](const ControlMessage& m) { channel_->Send(m); }) {
  channel_->Listen({&monitor_, &stop_});
}

// The monitor still watches while the channel's thread may hang in a listener.
ControlPlane::~ControlPlane() { channel_->Close(); }

}  // namespace anneal::dist
