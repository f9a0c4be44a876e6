#include "fileio/s3/s3_output.h"

#include <algorithm>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "fileio/s3/multipart_upload.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr int kPartsOfASize = 1000;

class S3Output : public OutputStream {
 public:
  S3Output(const S3Client* client, S3Path path)
      : client_(client),
        path_(std::move(path)),
        part_size_(client->options().part_size) {}

  // The upload, destroyed first, removes its parts: none may be under way.
  ~S3Output() override { WaitForAll().IgnoreError(); }

  absl::Status Append(absl::string_view bytes) override {
    if (failure_.ok()) failure_ = AppendParts(bytes);
    return failure_;
  }

  absl::Status Close() override {
    if (failure_.ok()) failure_ = Finish();
    return failure_;
  }

 private:
  absl::Status AppendParts(absl::string_view bytes) {
    while (!bytes.empty()) {
      const size_t taken =
          std::min<size_t>(bytes.size(), part_size_ - part_.size());
      part_.append(bytes.data(), taken);
      bytes.remove_prefix(taken);
      if (static_cast<int64_t>(part_.size()) == part_size_) {
        RETURN_IF_ERROR(SendPart());
      }
    }
    return absl::OkStatus();
  }

  absl::Status Finish() {
    if (upload_ == nullptr) return client_->Put(part_, path_);
    if (!part_.empty()) RETURN_IF_ERROR(SendPart());
    RETURN_IF_ERROR(WaitForAll());
    return upload_->Complete();
  }

  // Hands part_ to a thread, waiting while there are enough.
  absl::Status SendPart() {
    if (upload_ == nullptr) {
      ASSIGN_OR_RETURN(upload_, MultipartUpload::Begin(client_, path_));
    }
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(
          +[](S3Output* self) ABSL_EXCLUSIVE_LOCKS_REQUIRED(self->mutex_) {
            return self->num_running_ < self->client_->options().num_threads;
          },
          this));
      if (!status_.ok()) return status_;
      ++num_running_;
    }
    ++num_parts_;
    threads_.emplace_back([this, number = num_parts_, part = std::move(part_)] {
      const absl::Status status = upload_->Upload(number, part);
      absl::MutexLock lock(&mutex_);
      status_.Update(status);
      --num_running_;
    });
    part_.clear();
    if (num_parts_ % kPartsOfASize == 0) part_size_ *= 2;
    JoinEnded();
    return absl::OkStatus();
  }

  // Threads that have ended still hold a stack. All but the last few have.
  void JoinEnded() {
    const size_t most = 2 * client_->options().num_threads;
    while (threads_.size() > most) {
      threads_.front().join();
      threads_.erase(threads_.begin());
    }
  }

  absl::Status WaitForAll() {
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
    absl::MutexLock lock(&mutex_);
    return status_;
  }

  const S3Client* const client_;
  const S3Path path_;
  int64_t part_size_;
  std::string part_;
  // The first error of a call: bytes are missing, so all later ones end with
  // it.
  absl::Status failure_;
  int num_parts_ = 0;
  std::unique_ptr<MultipartUpload> upload_;
  std::vector<std::thread> threads_;
  absl::Mutex mutex_;
  int num_running_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<OutputStream> OpenS3Output(const S3Client* client,
                                           const S3Path& path) {
  return std::make_unique<S3Output>(client, path);
}

}  // namespace anneal
