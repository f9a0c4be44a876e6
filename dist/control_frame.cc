#include "dist/control_frame.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "logging/log.h"

namespace anneal::dist {
namespace {

constexpr size_t kPrefixBytes = 4;

size_t ReadPrefix(const char* bytes) {
  size_t size = 0;
  for (size_t i = 0; i < kPrefixBytes; ++i) {
    size |= static_cast<size_t>(static_cast<uint8_t>(bytes[i])) << (8 * i);
  }
  return size;
}

}  // namespace

std::string CutText(absl::string_view text) {
  if (text.size() <= kMaxTextBytes) return std::string(text);
  constexpr absl::string_view kGap = " [...] ";
  const size_t half = (kMaxTextBytes - kGap.size()) / 2;
  return absl::StrCat(text.substr(0, half), kGap,
                      text.substr(text.size() - half));
}

std::string EncodeFrame(const ControlFrame& frame) {
  const size_t size = frame.ByteSizeLong();
  ANNEAL_CHECK(size <= kMaxFrameBytes)
      << "a control frame of " << size << " bytes; the most is "
      << kMaxFrameBytes;
  std::string bytes;
  bytes.reserve(kPrefixBytes + size);
  for (size_t i = 0; i < kPrefixBytes; ++i) {
    bytes.push_back(static_cast<char>(size >> (8 * i)));
  }
  frame.AppendToString(&bytes);
  return bytes;
}

absl::StatusOr<std::optional<ControlFrame>> FrameReader::Next() {
  const size_t available = buffer_.size() - begin_;
  if (available >= kPrefixBytes) {
    const size_t size = ReadPrefix(buffer_.data() + begin_);
    if (size > max_bytes_) {
      return absl::DataLossError(absl::StrCat(
          "a frame of ", size, " bytes; the most is ", max_bytes_));
    }
    if (available - kPrefixBytes >= size) {
      const char* bytes = buffer_.data() + begin_ + kPrefixBytes;
      begin_ += kPrefixBytes + size;
      ControlFrame frame;
      if (!frame.ParseFromArray(bytes, static_cast<int>(size))) {
        return absl::DataLossError(absl::StrCat(
            "a frame of ", size, " bytes that is not a ControlFrame"));
      }
      return frame;
    }
  }
  buffer_.erase(0, begin_);
  begin_ = 0;
  return std::nullopt;
}

}  // namespace anneal::dist
