#include "dist/control_peer.h"

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
  ControlFrame frame;
  while (true) {
    ASSIGN_OR_RETURN(const bool is_complete, reader_.Next(&frame));
    if (!is_complete) return absl::OkStatus();
    take(frame);
  }
}

absl::Status ControlPeer::Queue(absl::string_view frame) {
  if (unsent_.size() + frame.size() > kMaxUnsent) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "it has left ", unsent_.size(), " bytes of messages unread"));
  }
  unsent_.append(frame.data(), frame.size());
  return absl::OkStatus();
}

void ControlPeer::Flush() {
  while (!unsent_.empty()) {
    const absl::StatusOr<size_t> size = socket_.Send(unsent_);
    if (!size.ok()) return unsent_.clear();
    if (*size == 0) return;
    unsent_.erase(0, *size);
  }
}

}  // namespace anneal::dist
