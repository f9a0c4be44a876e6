// Protobuf messages in a stream of bytes.
#ifndef ANNEAL_DIST_CONTROL_FRAME_H_
#define ANNEAL_DIST_CONTROL_FRAME_H_

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "dist/control.pb.h"

namespace anneal::dist {

// The largest encoded frame, in bytes.
constexpr size_t kMaxFrameBytes = 64 << 10;
// The largest that the hub takes from a rank: it adds a little.
constexpr size_t kMaxRankFrameBytes = kMaxFrameBytes / 2;
// What a text of a message is cut to, so that its frame fits.
constexpr size_t kMaxTextBytes = 16 << 10;

// An end of which nothing was heard for so many of the hub's pings is lost.
constexpr int kMaxSilentPings = 6;

// `text`, its middle left out where it is longer than kMaxTextBytes.
std::string CutText(absl::string_view text);

// Four bytes of length, little-endian, and the message. Dies if it is larger
// than kMaxFrameBytes.
std::string EncodeFrame(const ControlFrame& frame);

// Puts frames together from a stream of bytes cut anywhere.
class FrameReader {
 public:
  // Takes frames of at most `max_bytes`.
  explicit FrameReader(size_t max_bytes = kMaxFrameBytes)
      : max_bytes_(max_bytes) {}

  void Append(absl::string_view bytes) {
    buffer_.append(bytes.data(), bytes.size());
  }
  // Takes the next frame; nullopt where it is not complete yet. DataLoss for
  // what is no frame: nothing more can be read then.
  absl::StatusOr<std::optional<ControlFrame>> Next();

 private:
  size_t max_bytes_;
  std::string buffer_;
  size_t begin_ = 0;  // of what is not taken yet
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_CONTROL_FRAME_H_
