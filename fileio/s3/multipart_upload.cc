#include "fileio/s3/multipart_upload.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fileio/s3/parallel_for.h"
#include "logging/log.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr int64_t kMaxParts = 10000;

}  // namespace

absl::StatusOr<std::unique_ptr<MultipartUpload>> MultipartUpload::Begin(
    const S3Client* client, const S3Path& path) {
  ASSIGN_OR_RETURN(std::string id, client->CreateUpload(path));
  return std::unique_ptr<MultipartUpload>(
      new MultipartUpload(client, path, std::move(id)));
}

MultipartUpload::~MultipartUpload() {
  if (is_complete_) return;
  const absl::Status status = client_->AbortUpload(path_, id_);
  // Gone already: nothing is left.
  if (status.ok() || absl::IsNotFound(status)) return;
  ANNEAL_LOG(WARNING) << path_.ToString()
                      << ": parts of an upload that failed are left, which may "
                         "cost money; remove them (abort-multipart-upload): "
                      << status.message();
}

absl::Status MultipartUpload::Note(int number,
                                   absl::StatusOr<std::string> etag) {
  RETURN_IF_ERROR(etag.status());
  absl::MutexLock lock(&mutex_);
  etags_[number] = *std::move(etag);
  return absl::OkStatus();
}

absl::Status MultipartUpload::Upload(int number, absl::string_view bytes) {
  return Note(number, client_->UploadPart(path_, id_, number, bytes));
}

absl::Status MultipartUpload::Copy(int number, const S3Path& from,
                                   const std::string& etag, int64_t first,
                                   int64_t last) {
  return Note(number,
              client_->CopyPart(from, etag, first, last, path_, id_, number));
}

absl::Status MultipartUpload::Complete() {
  std::vector<std::string> etags;
  {
    absl::MutexLock lock(&mutex_);
    for (const auto& [number, etag] : etags_) etags.push_back(etag);
  }
  RETURN_IF_ERROR(client_->CompleteUpload(path_, id_, etags));
  is_complete_ = true;
  return absl::OkStatus();
}

absl::Status PutObject(const S3Client& client, absl::string_view bytes,
                       const S3Path& path) {
  const int64_t size = bytes.size();
  if (size <= 4 * client.options().part_size) return client.Put(bytes, path);
  const int64_t part_size =
      std::max(client.options().part_size, (size - 1) / kMaxParts + 1);
  ASSIGN_OR_RETURN(const auto upload, MultipartUpload::Begin(&client, path));
  RETURN_IF_ERROR(ParallelFor(
      (size - 1) / part_size + 1, client.options().num_threads, [&](int64_t i) {
        return upload->Upload(static_cast<int>(i) + 1,
                              bytes.substr(i * part_size, part_size));
      }));
  return upload->Complete();
}

absl::Status CopyObject(const S3Client& client, const S3Path& from,
                        const S3Object& object, const S3Path& to,
                        int64_t piece_size) {
  const int64_t size = object.size;
  if (size <= piece_size) return client.Copy(from, to);
  ASSIGN_OR_RETURN(const auto upload, MultipartUpload::Begin(&client, to));
  RETURN_IF_ERROR(ParallelFor(
      (size - 1) / piece_size + 1, client.options().num_threads,
      [&](int64_t i) {
        const int64_t first = i * piece_size;
        return upload->Copy(static_cast<int>(i) + 1, from, object.etag, first,
                            std::min(first + piece_size, size) - 1);
      }));
  return upload->Complete();
}

}  // namespace anneal
