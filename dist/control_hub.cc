#include "dist/control_hub.h"

#include <random>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "dist/control_frame.h"
#include "dist/hub_loop.h"
#include "dist/tcp_socket.h"
#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

std::string RandomToken() {
  std::random_device random;
  std::string bytes;
  while (bytes.size() < 16) bytes.push_back(static_cast<char>(random()));
  return absl::BytesToHexString(bytes);
}

}  // namespace

absl::StatusOr<std::unique_ptr<ControlHub>> ControlHub::Create(
    const Options& options) {
  if (options.world_size < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the world size is ", options.world_size, "; it must be at least 1"));
  }
  if (options.failure_timeout < absl::Milliseconds(120) ||
      options.join_timeout <= absl::ZeroDuration()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the time limits of the control plane are ",
        absl::FormatDuration(options.failure_timeout), " for failures and ",
        absl::FormatDuration(options.join_timeout),
        " for joining; they must be at least 120ms and above 0"));
  }
  ASSIGN_OR_RETURN(TcpSocket listener, TcpSocket::Listen(options.address));
  std::unique_ptr<ControlHub> hub(new ControlHub);
  hub->port_ = listener.port();
  hub->token_ = RandomToken();
  HubLoop::Options loop;
  loop.world_size = options.world_size;
  loop.token = hub->token_;
  loop.join_timeout = options.join_timeout;
  loop.ping_interval = options.failure_timeout / (2 * kMaxSilentPings);
  hub->loop_ = std::make_unique<HubLoop>(std::move(listener), loop);
  hub->thread_ = std::thread(&HubLoop::Run, hub->loop_.get());
  return hub;
}

ControlHub::ControlHub() = default;

ControlHub::~ControlHub() {
  if (!thread_.joinable()) return;
  loop_->Stop();
  thread_.join();
}

}  // namespace anneal::dist
