#include "dist/control_peer.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

// Read at once: others wait for their turn.
constexpr size_t kMaxRead = 64 << 10;

}  // namespace

absl::Status ControlPeer::Receive(
    absl::FunctionRef<void(const ControlFrame&)> take) {
  char bytes[kMaxRead];
  ASSIGN_OR_RETURN(const size_t size, socket_.Receive(bytes, sizeof(bytes)));
  reader_.Append({bytes, size});
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<ControlFrame> frame, reader_.Next());
    if (!frame.has_value()) return absl::OkStatus();
    take(*frame);
  }
}

absl::Status ControlPeer::Queue(absl::string_view frame) {
  const size_t waiting = unsent_.size() - begin_;
  if (waiting + frame.size() > kMaxUnsent) {
    return absl::ResourceExhaustedError(
        absl::StrCat("it has left ", waiting, " bytes of messages unread"));
  }
  // Moves fewer bytes than were sent since the last time.
  if (begin_ > waiting) {
    unsent_.erase(0, begin_);
    begin_ = 0;
  }
  unsent_.append(frame.data(), frame.size());
  return absl::OkStatus();
}

void ControlPeer::Flush() {
  while (has_unsent()) {
    const absl::StatusOr<size_t> size =
        socket_.Send(absl::string_view(unsent_).substr(begin_));
    if (size.ok() && *size == 0) return;
    begin_ = size.ok() ? begin_ + *size : unsent_.size();
  }
  unsent_.clear();
  begin_ = 0;
}

}  // namespace anneal::dist
