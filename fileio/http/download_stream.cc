#include "fileio/http/download_stream.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "fileio/http/byte_sink.h"
#include "fileio/http/download.h"

namespace anneal {
namespace {

// Read waits for so many bytes.
constexpr size_t kLeastPiece = 64 << 10;

class DownloadStream : public InputStream, private ByteSink {
 public:
  DownloadStream(const HttpClient& client, const HttpRequest& request,
                 std::function<absl::Status(const HttpResponse&)> to_status)
      : to_status_(std::move(to_status)),
        download_(BeginDownload(client, request, {}, this)) {}

  // Waits for the first sign of success or failure.
  absl::Status WaitForBegin() {
    while (!has_begun_ && !is_over_) Advance();
    return has_begun_ ? absl::OkStatus() : status_;
  }

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (kept_begin_ < kept_.size()) {
      const size_t taken = std::min(size, kept_.size() - kept_begin_);
      std::memcpy(buffer, kept_.data() + kept_begin_, taken);
      kept_begin_ += taken;
      return taken;
    }
    kept_.clear();
    kept_begin_ = 0;
    room_ = buffer;
    room_size_ = size;
    const size_t most_room_left = size - std::min(size, kLeastPiece);
    while (!is_over_ && room_size_ > most_room_left) Advance();
    const size_t got = size - std::exchange(room_size_, 0);
    if (got == 0 && is_over_ && !status_.ok()) return status_;
    return got;
  }

  absl::optional<int64_t> size() const override { return size_; }

 private:
  void Advance() {
    if (download_->Advance()) return;
    is_over_ = true;
    const auto& response = download_->result();
    status_ = response.ok() ? to_status_(*response) : response.status();
  }

  absl::Status Begin(const HttpResponse&,
                     absl::optional<int64_t> size) override {
    has_begun_ = true;
    size_ = size;
    return absl::OkStatus();
  }

  absl::Status Append(absl::string_view bytes) override {
    const size_t taken = std::min(bytes.size(), room_size_);
    if (taken > 0) std::memcpy(room_, bytes.data(), taken);
    room_ += taken;
    room_size_ -= taken;
    kept_.append(bytes.data() + taken, bytes.size() - taken);
    return absl::OkStatus();
  }

  const std::function<absl::Status(const HttpResponse&)> to_status_;
  bool has_begun_ = false;
  absl::optional<int64_t> size_;
  bool is_over_ = false;
  absl::Status status_;
  // Where the reader wants the next bytes.
  char* room_ = nullptr;
  size_t room_size_ = 0;
  // What had no room, and how much of it is read.
  std::string kept_;
  size_t kept_begin_ = 0;
  const std::unique_ptr<OngoingDownload> download_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<InputStream>> OpenDownload(
    const HttpClient& client, const HttpRequest& request,
    std::function<absl::Status(const HttpResponse&)> to_status) {
  auto stream =
      std::make_unique<DownloadStream>(client, request, std::move(to_status));
  const absl::Status status = stream->WaitForBegin();
  if (!status.ok()) return status;
  return stream;
}

}  // namespace anneal
