#include "fileio/http/download.h"

#include <algorithm>
#include <limits>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "fileio/http/body_checksum.h"
#include "fileio/http/url.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr int64_t kProgress = 1 << 20;

// "bytes 100-199/1000"; the total may be "*".
struct ContentRange {
  int64_t first = 0;
  int64_t last = 0;
  absl::optional<int64_t> total;
};

absl::optional<ContentRange> ParseContentRange(absl::string_view text) {
  if (!absl::ConsumePrefix(&text, "bytes ")) return absl::nullopt;
  const std::pair<absl::string_view, absl::string_view> halves =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  const std::pair<absl::string_view, absl::string_view> ends =
      absl::StrSplit(halves.first, absl::MaxSplits('-', 1));
  ContentRange range;
  if (!absl::SimpleAtoi(ends.first, &range.first) ||
      !absl::SimpleAtoi(ends.second, &range.last) || range.first < 0 ||
      range.last == std::numeric_limits<int64_t>::max()) {
    return absl::nullopt;
  }
  int64_t total = 0;
  if (absl::SimpleAtoi(halves.second, &total)) range.total = total;
  return range;
}

// What tells one version of a file from another; "": nothing.
std::string ValidatorOf(const HttpResponse& head) {
  const std::string etag = head.header("etag");
  if (!etag.empty() && !absl::StartsWith(etag, "W/")) return etag;
  return head.header("last-modified");
}

// From `begin` to `end`, exclusive.
struct Part {
  int64_t begin = 0;
  absl::optional<int64_t> end;
};

class Transfer : public OngoingDownload {
 public:
  Transfer(const HttpClient& client, const HttpRequest& request,
           const ByteRange& range, ByteSink* sink)
      : client_(client), request_(request), range_(range), sink_(sink) {
    Begin();
  }

  bool Advance() override;
  absl::StatusOr<HttpResponse>& result() override { return result_; }

 private:
  // Begins an attempt at the rest.
  void Begin();
  // What came of the attempt, which is over.
  HttpExchange End();
  // True: there is reason for another attempt, and the pause before it is over.
  absl::StatusOr<bool> WaitToTryAgain(const HttpExchange& exchange);
  // The first bytes of an attempt are there, or it has none.
  absl::Status OnHead(const HttpResponse& head);
  // Where the body of `head` is in the file.
  absl::StatusOr<Part> PartOf(const HttpResponse& head) const;
  absl::StatusOr<Part> PartOf206(const HttpResponse& head) const;
  absl::Status OnBytes(absl::string_view bytes);
  absl::Status BeginSink(const HttpResponse& head, const Part& part);
  absl::Status Finish();
  // Forgets what was received, or says why it has to be kept.
  absl::Status StartOver(absl::string_view why);

  // The next byte that `sink_` takes, from the file's start.
  int64_t position() const { return range_.first + received_; }
  // Whether less than the whole file is asked for.
  bool IsPartial() const { return position() > 0 || range_.last; }
  absl::Status Named(const absl::Status& status) const {
    return Annotate(status, RedactUrl(request_.url));
  }

  const HttpClient& client_;
  const HttpRequest request_;
  const ByteRange range_;
  ByteSink* const sink_;

  int64_t received_ = 0;
  bool has_begun_ = false;
  std::string validator_;
  // Where the range ends in the file, exclusive, once known.
  absl::optional<int64_t> end_;
  std::unique_ptr<BodyChecksum> checksum_;
  absl::StatusOr<HttpResponse> result_ = absl::UnknownError("not over");
  int attempt_ = 1;
  // Of the attempt; nullptr: it is over.
  std::unique_ptr<OngoingExchange> exchange_;
  int64_t received_before_ = 0;
  bool has_head_ = false;
  bool is_done_ = false;
  bool has_changed_ = false;
  int64_t skip_ = 0;
};

absl::StatusOr<Part> Transfer::PartOf206(const HttpResponse& head) const {
  const std::string text = head.header("content-range");
  const auto content_range = ParseContentRange(text);
  // The end that was asked for, or the file's; nullopt: nobody says.
  absl::optional<int64_t> end;
  if (range_.last) end = *range_.last + 1;
  if (content_range && content_range->total) {
    end = std::min(end.value_or(*content_range->total), *content_range->total);
  }
  if (!end) end = end_;
  if (content_range && IsPartial() && content_range->first == position() &&
      end == content_range->last + 1) {
    return Part{position(), end};
  }
  return Named(absl::DataLossError(absl::StrCat(
      "asked for ", IsPartial() ? "bytes from " : "the whole file",
      IsPartial() ? absl::StrCat(position()) : "",
      range_.last ? absl::StrCat(" to ", *range_.last) : "",
      ", the server sent Content-Range \"", absl::CEscape(text), "\"")));
}

absl::StatusOr<Part> Transfer::PartOf(const HttpResponse& head) const {
  if (head.status == 206) return PartOf206(head);
  if (head.status != 200) {
    return Named(absl::DataLossError(absl::StrCat(
        "the server answered ", head.status, ", which brings no file")));
  }
  Part part;
  int64_t length = 0;
  if (absl::SimpleAtoi(head.header("content-length"), &length)) {
    part.end = range_.last ? std::min(*range_.last + 1, length) : length;
  }
  return part;
}

absl::Status Transfer::OnHead(const HttpResponse& head) {
  has_head_ = true;
  const std::string validator = ValidatorOf(head);
  ASSIGN_OR_RETURN(const Part part, PartOf(head));
  const bool is_same = validator == validator_ && !validator.empty();
  // A server may leave validators out of a 206, which If-Range vouches for.
  const bool is_vouched =
      head.status == 206 && validator.empty() && !validator_.empty();
  if (received_ > 0 && !is_same && !is_vouched) {
    has_changed_ = true;
    return Named(absl::AbortedError(
        "the file was changed while it was read; read it again"));
  }
  skip_ = position() - part.begin;
  return has_begun_ ? absl::OkStatus() : BeginSink(head, part);
}

absl::Status Transfer::BeginSink(const HttpResponse& head, const Part& part) {
  has_begun_ = true;
  validator_ = ValidatorOf(head);
  end_ = part.end;
  const bool is_whole = head.status == 200 && range_.first == 0 && !range_.last;
  checksum_ = is_whole ? std::make_unique<BodyChecksum>(head.headers) : nullptr;
  absl::optional<int64_t> size;
  if (end_) size = std::max<int64_t>(*end_ - range_.first, 0);
  return sink_->Begin(head, size);
}

absl::Status Transfer::OnBytes(absl::string_view bytes) {
  const int64_t skipped = std::min<int64_t>(skip_, bytes.size());
  skip_ -= skipped;
  bytes.remove_prefix(skipped);
  if (range_.last) {
    const int64_t left = *range_.last + 1 - position();
    // A server without ranges sends more.
    is_done_ = static_cast<int64_t>(bytes.size()) > left;
    bytes = bytes.substr(0, left);
  }
  if (!bytes.empty()) {
    RETURN_IF_ERROR(sink_->Append(bytes));
    if (checksum_ != nullptr) checksum_->Update(bytes);
    received_ += bytes.size();
  }
  return is_done_ ? absl::CancelledError("all is there") : absl::OkStatus();
}

void Transfer::Begin() {
  has_head_ = is_done_ = has_changed_ = false;
  skip_ = 0;
  received_before_ = received_;
  HttpRequest rest = request_;
  if (IsPartial()) {
    rest.headers["range"] = absl::StrCat("bytes=", position(), "-");
    if (range_.last) absl::StrAppend(&rest.headers["range"], *range_.last);
  }
  if (received_ > 0) rest.headers["if-range"] = validator_;
  exchange_ = client_.BeginAttempt(
      rest, [this](const HttpResponse& head, absl::string_view bytes) {
        if (!has_head_) RETURN_IF_ERROR(OnHead(head));
        return OnBytes(bytes);
      });
}

HttpExchange Transfer::End() {
  HttpExchange exchange = std::move(exchange_->result());
  exchange_ = nullptr;
  if (is_done_) exchange.status = absl::OkStatus();
  if (exchange.status.ok() && exchange.response.status / 100 == 2 &&
      !has_head_) {
    exchange.status = OnHead(exchange.response);
  }
  return exchange;
}

absl::Status Transfer::StartOver(absl::string_view why) {
  if (!sink_->Restart()) {
    return Named(absl::AbortedError(
        absl::StrCat(why, " after ", received_, " bytes; read it again")));
  }
  received_ = 0;
  has_begun_ = false;
  return absl::OkStatus();
}

absl::Status Transfer::Finish() {
  if (end_ && position() < *end_) {
    return Named(absl::DataLossError(
        absl::StrCat("the server announced ", *end_ - range_.first,
                     " bytes and sent ", received_)));
  }
  return checksum_ == nullptr ? absl::OkStatus() : Named(checksum_->Finish());
}

absl::StatusOr<bool> Transfer::WaitToTryAgain(const HttpExchange& exchange) {
  const bool has_shrunk =
      received_ > 0 && exchange.status.ok() && exchange.response.status == 416;
  if (has_changed_ || has_shrunk) {
    const std::string why =
        has_shrunk
            ? absl::StrCat("the server announced ",
                           end_.value_or(0) - range_.first,
                           " bytes and has no more: the file was changed, or "
                           "the server lies about the length;")
            : "the file was changed while it was read,";
    if (attempt_++ == client_.options().retry.max_attempts) {
      return Named(
          absl::AbortedError(absl::StrCat(why, " each time; read it again")));
    }
    RETURN_IF_ERROR(StartOver(why));
    return true;
  }
  if (received_ - received_before_ >= kProgress) attempt_ = 1;
  if (!client_.WaitToRetry(attempt_, exchange, request_)) return false;
  ++attempt_;
  if (received_ > 0 && validator_.empty()) {
    RETURN_IF_ERROR(
        StartOver("the connection broke, and the server has neither ETag nor "
                  "Last-Modified to tell whether the rest would fit,"));
  }
  return true;
}

bool Transfer::Advance() {
  if (exchange_ == nullptr) return false;
  if (exchange_->Advance()) return true;
  HttpExchange exchange = End();
  const absl::StatusOr<bool> tries_again = WaitToTryAgain(exchange);
  if (!tries_again.ok()) {
    result_ = tries_again.status();
    return false;
  }
  if (*tries_again) {
    Begin();
    return true;
  }
  absl::Status status = exchange.status;
  if (status.ok() && exchange.response.status / 100 == 2) status = Finish();
  if (status.ok()) {
    result_ = std::move(exchange.response);
  } else {
    result_ = status;
  }
  return false;
}

}  // namespace

absl::StatusOr<HttpResponse> Download(const HttpClient& client,
                                      const HttpRequest& request,
                                      const ByteRange& range, ByteSink* sink) {
  Transfer transfer(client, request, range, sink);
  while (transfer.Advance()) {
  }
  return std::move(transfer.result());
}

std::unique_ptr<OngoingDownload> BeginDownload(const HttpClient& client,
                                               const HttpRequest& request,
                                               const ByteRange& range,
                                               ByteSink* sink) {
  return std::make_unique<Transfer>(client, request, range, sink);
}

}  // namespace anneal
