#include "fileio/s3/parallel_download.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "fileio/file_stream.h"
#include "fileio/http/body_checksum.h"
#include "fileio/http/byte_sink.h"
#include "fileio/http/download.h"
#include "fileio/http/http_status.h"
#include "fileio/http/url.h"
#include "fileio/s3/parallel_for.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Takes a small file whole. Ends the download at the head of one that is better
// read by parts.
class WholeOrHead : public StringSink {
 public:
  explicit WholeOrHead(int64_t part_size) : part_size_(part_size) {}

  absl::Status Begin(const HttpResponse& head,
                     absl::optional<int64_t> size) override {
    const std::string etag = head.header("etag");
    const bool is_large = size.value_or(0) > 2 * part_size_;
    if (is_large && !etag.empty() && !absl::StartsWith(etag, "W/")) {
      head_ = head;
      size_ = *size;
      return absl::CancelledError("by parts");
    }
    return StringSink::Begin(head, size);
  }

  bool is_by_parts() const { return size_ > 0; }
  int64_t size() const { return size_; }
  HttpResponse& head() { return head_; }

 private:
  const int64_t part_size_;
  int64_t size_ = 0;  // 0: not by parts
  HttpResponse head_;
};

// A part of a buffer.
class SliceSink : public ByteSink {
 public:
  SliceSink(char* begin, int64_t size) : next_(begin), left_(size) {}

  absl::Status Append(absl::string_view bytes) override {
    if (static_cast<int64_t>(bytes.size()) > left_) {
      return absl::DataLossError("the server sent more than was asked for");
    }
    std::memcpy(next_, bytes.data(), bytes.size());
    next_ += bytes.size();
    left_ -= bytes.size();
    return absl::OkStatus();
  }
  int64_t left() const { return left_; }

 private:
  char* next_;
  int64_t left_;
};

absl::Status DownloadPart(const HttpClient& client, HttpRequest request,
                          const std::string& etag, int64_t first, int64_t size,
                          char* buffer) {
  request.headers["if-match"] = etag;
  ByteRange range;
  range.first = first;
  range.last = first + size - 1;
  SliceSink sink(buffer, size);
  ASSIGN_OR_RETURN(const HttpResponse response,
                   Download(client, request, range, &sink));
  const std::string shown = RedactUrl(request.url);
  if (response.status == 412 ||
      (response.status / 100 == 2 && response.header("etag") != etag)) {
    return absl::AbortedError(absl::StrCat(
        shown, ": the file was changed while it was read; read it again"));
  }
  RETURN_IF_ERROR(HttpStatus(shown, response));
  if (sink.left() == 0) return absl::OkStatus();
  return absl::DataLossError(absl::StrCat(
      shown, ": ", sink.left(), " bytes are missing; the server lies"));
}

}  // namespace

absl::StatusOr<HttpResponse> DownloadInParallel(const HttpClient& client,
                                                const HttpRequest& request,
                                                int64_t part_size,
                                                int num_threads) {
  WholeOrHead sink(part_size);
  absl::StatusOr<HttpResponse> response = Download(client, request, {}, &sink);
  if (!sink.is_by_parts()) {
    if (response.ok() && response->status / 100 == 2) {
      response->body = std::move(sink.bytes());
    }
    return response;
  }
  HttpResponse whole = std::move(sink.head());
  const std::string etag = whole.header("etag");
  const int64_t size = sink.size();
  const int64_t num_parts = (size - 1) / part_size + 1;
  const int64_t last_begin = (num_parts - 1) * part_size;
  // The last bytes prove that there are so many before memory is taken for all
  // of them.
  std::string last_part(size - last_begin, '\0');
  RETURN_IF_ERROR(DownloadPart(client, request, etag, last_begin,
                               size - last_begin, &last_part[0]));
  Reserve(size, &whole.body);
  whole.body.resize(last_begin);
  RETURN_IF_ERROR(ParallelFor(num_parts - 1, num_threads, [&](int64_t i) {
    return DownloadPart(client, request, etag, i * part_size, part_size,
                        &whole.body[i * part_size]);
  }));
  whole.body += last_part;
  BodyChecksum checksum(whole.headers);
  checksum.Update(whole.body);
  RETURN_IF_ERROR(Annotate(checksum.Finish(), RedactUrl(request.url)));
  return whole;
}

}  // namespace anneal
