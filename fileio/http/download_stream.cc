#include "fileio/http/download_stream.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/string_view.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/optional.h"
#include "fileio/http/byte_sink.h"
#include "fileio/http/download.h"

namespace anneal {
namespace {

constexpr size_t kReadAhead = 4 << 20;
// What is shorter is put to the piece before it, so that many tiny pieces, each
// with its own memory, can't make up the bytes read ahead.
constexpr size_t kSmallPiece = 64 << 10;
constexpr size_t kMostSpare = 8;

// The thread's end and the reader's end of a bounded queue.
class DownloadStream : public InputStream, private ByteSink {
 public:
  DownloadStream(const HttpClient& client, const HttpRequest& request,
                 std::function<absl::Status(const HttpResponse&)> to_status)
      : thread_([this, &client, request, to_status = std::move(to_status)] {
          HttpRequest cancellable = request;
          cancellable.is_cancelled = [this] {
            absl::MutexLock lock(&mutex_);
            return is_abandoned_;
          };
          const auto response = Download(client, cancellable, {}, this);
          End(response.ok() ? to_status(*response) : response.status());
        }) {}

  ~DownloadStream() override {
    {
      absl::MutexLock lock(&mutex_);
      is_abandoned_ = true;
    }
    thread_.join();
  }

  // Waits for the first sign of success or failure.
  absl::Status WaitForBegin() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](DownloadStream* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
          return self->has_begun_ || self->has_ended_;
        },
        this));
    return has_begun_ ? absl::OkStatus() : status_;
  }

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (offset_ == piece_.size()) {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(
          +[](DownloadStream* self)
               ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
                 return !self->pieces_.empty() || self->has_ended_;
               },
          this));
      if (pieces_.empty()) {
        if (!status_.ok()) return status_;
        return 0;
      }
      if (spare_.size() < kMostSpare) spare_.push_back(std::move(piece_));
      piece_ = std::move(pieces_.front());
      pieces_.pop_front();
      queued_ -= piece_.size();
      offset_ = 0;
    }
    const size_t taken = std::min(size, piece_.size() - offset_);
    std::memcpy(buffer, piece_.data() + offset_, taken);
    offset_ += taken;
    return taken;
  }

  absl::optional<int64_t> size() const override {
    absl::MutexLock lock(&mutex_);
    return size_;
  }

 private:
  absl::Status Begin(const HttpResponse&,
                     absl::optional<int64_t> size) override {
    absl::MutexLock lock(&mutex_);
    has_begun_ = true;
    size_ = size;
    return absl::OkStatus();
  }

  absl::Status Append(absl::string_view bytes) override {
    std::string piece;
    if (bytes.size() >= kSmallPiece) {
      piece = TakeSpare();
      piece.assign(bytes.data(), bytes.size());
    }
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(
        +[](DownloadStream* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
          return self->queued_ < kReadAhead || self->is_abandoned_;
        },
        this));
    if (is_abandoned_) return absl::CancelledError("nobody reads on");
    queued_ += bytes.size();
    if (!piece.empty()) {
      pieces_.push_back(std::move(piece));
    } else if (!pieces_.empty() && pieces_.back().size() < kSmallPiece) {
      pieces_.back().append(bytes.data(), bytes.size());
    } else {
      pieces_.emplace_back(bytes);
    }
    return absl::OkStatus();
  }

  // A piece that was read: new memory of that size costs more than the copy.
  std::string TakeSpare() {
    absl::MutexLock lock(&mutex_);
    if (spare_.empty()) return "";
    std::string piece = std::move(spare_.back());
    spare_.pop_back();
    return piece;
  }

  void End(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    has_ended_ = true;
    status_ = status;
  }

  mutable absl::Mutex mutex_;
  std::deque<std::string> pieces_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> spare_ ABSL_GUARDED_BY(mutex_);
  size_t queued_ ABSL_GUARDED_BY(mutex_) = 0;  // bytes of pieces_
  bool has_begun_ ABSL_GUARDED_BY(mutex_) = false;
  bool has_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_abandoned_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  absl::optional<int64_t> size_ ABSL_GUARDED_BY(mutex_);
  // The reader's own.
  std::string piece_;
  size_t offset_ = 0;

  std::thread thread_;  // the last: it uses the others
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
