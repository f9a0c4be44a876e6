#include "fileio/http/curl_transport.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/http/url.h"
#include "utils/annotate.h"

namespace anneal {
namespace {

constexpr size_t kMaxKeptBody = 64 << 20;
// Enough for any error message.
constexpr size_t kMaxErrorBody = 64 << 10;

// Of libcurl's buffer, and about what one Advance gives.
constexpr size_t kPiece = 512 << 10;

// One exchange, as libcurl's callbacks see it.
struct Transfer {
  Transfer(CURL* handle, const HttpRequest& request,
           const BodyReceiver& receiver)
      : handle(handle), request(request), receiver(receiver) {}

  CURL* const handle;
  const HttpRequest request;
  const BodyReceiver receiver;
  HttpExchange exchange;
  // Bytes of the body that this Advance gave.
  size_t given = 0;
  // Whether libcurl keeps the bytes that came then for the next Advance.
  bool is_paused = false;
  // Bytes of the request's body that are sent.
  size_t sent = 0;
  // An error's body goes on, but nobody needs the rest.
  bool has_enough = false;
};

size_t OnHeader(char* data, size_t, size_t size, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  const absl::string_view line(data, size);
  // A status line begins a response; the one before was an interim one.
  if (absl::StartsWith(line, "HTTP/")) {
    transfer->exchange.response = HttpResponse();
    return size;
  }
  const size_t colon = line.find(':');
  if (colon == line.npos) return size;
  const absl::string_view value =
      absl::StripAsciiWhitespace(line.substr(colon + 1));
  const auto [it, is_new] = transfer->exchange.response.headers.emplace(
      absl::AsciiStrToLower(line.substr(0, colon)), value);
  // RFC 9110, 5.3: several lines are one list.
  if (!is_new && it->second != value) absl::StrAppend(&it->second, ", ", value);
  return size;
}

size_t OnBody(char* data, size_t, size_t size, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  HttpResponse& response = transfer->exchange.response;
  if (response.status == 0) {
    long status = 0;  // NOLINT(google-runtime-int): libcurl's type
    curl_easy_getinfo(transfer->handle, CURLINFO_RESPONSE_CODE, &status);
    response.status = static_cast<int>(status);
  }
  if (transfer->given >= kPiece) {
    transfer->is_paused = true;
    return CURL_WRITEFUNC_PAUSE;
  }
  transfer->given += size;
  if (transfer->receiver && response.status / 100 == 2) {
    transfer->exchange.status =
        transfer->receiver(response, absl::string_view(data, size));
    return transfer->exchange.status.ok() ? size : 0;
  }
  const bool is_error = response.status / 100 != 2;
  const size_t most = is_error ? kMaxErrorBody : kMaxKeptBody;
  const size_t kept = std::min(size, most - response.body.size());
  response.body.append(data, kept);
  if (kept == size) return size;
  if (is_error) {
    transfer->has_enough = true;
    return 0;
  }
  transfer->exchange.status = absl::ResourceExhaustedError(absl::StrCat(
      RedactUrl(transfer->request.url), ": an answer of more than 64 MiB"));
  return 0;
}

size_t OnRead(char* data, size_t, size_t size, void* user) {
  auto* transfer = static_cast<Transfer*>(user);
  const absl::string_view rest =
      transfer->request.body.substr(transfer->sent, size);
  std::memcpy(data, rest.data(), rest.size());
  transfer->sent += rest.size();
  return rest.size();
}

// libcurl sends the body again where a kept connection turned out to be dead.
int OnSeek(void* user, curl_off_t offset, int) {
  static_cast<Transfer*>(user)->sent = static_cast<size_t>(offset);
  return CURL_SEEKFUNC_OK;
}

std::string CaFile(const CurlOptions& options) {
  if (!options.ca_file.empty()) return options.ca_file;
  for (const char* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE"}) {
    const char* value = std::getenv(name);
    if (value != nullptr && *value != '\0') return value;
  }
  return "";
}

absl::string_view CertificateRemedy(absl::string_view reason) {
  if (absl::StrContains(reason, "expired") ||
      absl::StrContains(reason, "not yet valid")) {
    return "renew the server's certificate, or set this machine's clock";
  }
  if (absl::StrContains(reason, "match") || absl::StrContains(reason, "name")) {
    return "use the host name that the certificate is for";
  }
  return "name a file with the certificate of its authority (ca_file or "
         "CURL_CA_BUNDLE)";
}

// What a failed transfer means. `reason` is libcurl's, about this transfer.
void SetError(CURLcode code, absl::string_view reason, HttpExchange* exchange) {
  const auto set = [&](absl::StatusCode status, bool is_transient,
                       absl::string_view what, absl::string_view remedy) {
    exchange->is_transient = is_transient;
    exchange->status =
        absl::Status(status, absl::StrCat(what, " (", reason, "); ", remedy));
  };
  using Code = absl::StatusCode;
  switch (code) {
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return set(Code::kInvalidArgument, false, "the URL can't be used",
                 "check it");
    case CURLE_COULDNT_RESOLVE_PROXY:
    case CURLE_PROXY:
      return set(Code::kUnavailable, true, "the proxy can't be used",
                 "check http_proxy and https_proxy in the environment");
    case CURLE_COULDNT_RESOLVE_HOST:
      return set(Code::kUnavailable, true, "the host is not known",
                 "check its name and the network");
    case CURLE_COULDNT_CONNECT:
      return set(Code::kUnavailable, true, "no connection",
                 "check that the server runs and the network");
    case CURLE_OPERATION_TIMEDOUT:
      return set(Code::kDeadlineExceeded, true, "the server is too slow",
                 "try later or allow more time (stall_timeout)");
    case CURLE_PEER_FAILED_VERIFICATION:
      return set(Code::kUnauthenticated, false,
                 "the server's certificate can't be trusted",
                 CertificateRemedy(reason));
    case CURLE_SSL_CACERT_BADFILE:
      return set(Code::kInvalidArgument, false,
                 "the authorities' certificates can't be read",
                 "check ca_file, CURL_CA_BUNDLE and SSL_CERT_FILE");
    case CURLE_PARTIAL_FILE:
      return set(Code::kDataLoss, true,
                 "the body ended before its announced length",
                 "the connection was cut, or the server lies about the length");
    default:
      return set(Code::kUnavailable, true, "the connection broke", "try later");
  }
}

class HeaderList {
 public:
  ~HeaderList() { curl_slist_free_all(list_); }
  void Add(const std::string& line) {
    list_ = curl_slist_append(list_, line.c_str());
  }
  curl_slist* get() const { return list_; }

 private:
  curl_slist* list_ = nullptr;
};

// libcurl takes numbers as long.
// NOLINTBEGIN(google-runtime-int)

void SetMethod(CURL* handle, const HttpRequest& request, HeaderList* headers) {
  if (request.method == "HEAD") {
    curl_easy_setopt(handle, CURLOPT_NOBODY, 1L);
  } else if (request.method == "PUT" || request.method == "POST") {
    curl_easy_setopt(handle, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(handle, CURLOPT_INFILESIZE_LARGE,
                     static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(handle, CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
    // Many servers let the client wait a second for "100 Continue".
    headers->Add("Expect:");
  } else if (request.method != "GET") {
    curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  }
}

void SetRequest(CURL* handle, const HttpRequest& request, HeaderList* headers) {
  SetMethod(handle, request, headers);
  for (const auto& [name, value] : request.headers) {
    // An empty value is written "name;".
    headers->Add(value.empty() ? absl::StrCat(name, ";")
                               : absl::StrCat(name, ": ", value));
  }
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers->get());
  curl_easy_setopt(handle, CURLOPT_URL, request.url.c_str());
  // Signatures are over the path as it is.
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http,https");
}

void SetLimits(CURL* handle, const CurlOptions& options) {
  curl_easy_setopt(
      handle, CURLOPT_CONNECTTIMEOUT_MS,
      static_cast<long>(absl::ToInt64Milliseconds(options.connect_timeout)));
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_LIMIT,
                   static_cast<long>(options.min_rate));
  // 0 would mean no limit.
  curl_easy_setopt(handle, CURLOPT_LOW_SPEED_TIME,
                   static_cast<long>(absl::ToInt64Seconds(
                       absl::Ceil(options.stall_timeout, absl::Seconds(1)))));
  curl_easy_setopt(handle, CURLOPT_BUFFERSIZE, static_cast<long>(kPiece));
  // Time-outs need no signals: there may be threads.
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  const std::string ca_file = CaFile(options);
  if (!ca_file.empty()) {
    curl_easy_setopt(handle, CURLOPT_CAINFO, ca_file.c_str());
  }
}

void SetCallbacks(CURL* handle, Transfer* transfer) {
  curl_easy_setopt(handle, CURLOPT_HEADERFUNCTION, OnHeader);
  curl_easy_setopt(handle, CURLOPT_HEADERDATA, transfer);
  curl_easy_setopt(handle, CURLOPT_READFUNCTION, OnRead);
  curl_easy_setopt(handle, CURLOPT_READDATA, transfer);
  curl_easy_setopt(handle, CURLOPT_SEEKFUNCTION, OnSeek);
  curl_easy_setopt(handle, CURLOPT_SEEKDATA, transfer);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, OnBody);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, transfer);
}

// NOLINTEND(google-runtime-int)

}  // namespace

struct CurlTransport::Handles {
  Handles() : multi(curl_multi_init()), easy(curl_easy_init()) {}
  ~Handles() {
    curl_easy_cleanup(easy);
    curl_multi_cleanup(multi);
  }
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;

  CURLM* const multi;  // has the connections
  CURL* const easy;
};

class CurlTransport::Lease {
 public:
  explicit Lease(const CurlTransport* owner) : owner_(owner) {
    absl::MutexLock lock(&owner_->mutex_);
    if (owner_->idle_.empty()) {
      handles_ = std::make_unique<Handles>();
    } else {
      handles_ = std::move(owner_->idle_.back());
      owner_->idle_.pop_back();
    }
  }
  ~Lease() {
    curl_easy_reset(handles_->easy);
    absl::MutexLock lock(&owner_->mutex_);
    owner_->idle_.push_back(std::move(handles_));
  }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  CURLM* multi() const { return handles_->multi; }
  CURL* easy() const { return handles_->easy; }

 private:
  const CurlTransport* const owner_;
  std::unique_ptr<Handles> handles_;
};

class CurlTransport::CurlExchange : public OngoingExchange {
 public:
  CurlExchange(const CurlTransport* owner, const HttpRequest& request,
               const BodyReceiver& receiver)
      : lease_(owner), transfer_(lease_.easy(), request, receiver) {
    CURL* const handle = lease_.easy();
    SetRequest(handle, transfer_.request, &headers_);
    SetLimits(handle, owner->options_);
    SetCallbacks(handle, &transfer_);
    curl_easy_setopt(handle, CURLOPT_ERRORBUFFER, reason_);
    is_over_ = curl_multi_add_handle(lease_.multi(), handle) != CURLM_OK;
    if (is_over_) SetResult(CURLE_FAILED_INIT);
  }
  // A connection in the midst of a body is closed, others are kept.
  ~CurlExchange() override {
    curl_multi_remove_handle(lease_.multi(), lease_.easy());
  }

  bool Advance() override {
    if (is_over_) return false;
    transfer_.given = 0;
    if (transfer_.is_paused) {
      transfer_.is_paused = false;
      const CURLcode code = curl_easy_pause(lease_.easy(), CURLPAUSE_CONT);
      if (code != CURLE_OK) return End(code);
    }
    int num_running = 0;
    CURLMcode code = curl_multi_perform(lease_.multi(), &num_running);
    // Without the call where bytes came: there may be more.
    if (code == CURLM_OK && num_running > 0 && transfer_.given == 0) {
      code = curl_multi_poll(lease_.multi(), nullptr, 0, 1000, nullptr);
    }
    if (code != CURLM_OK) return End(CURLE_OUT_OF_MEMORY);
    if (num_running > 0) return true;
    int num_messages = 0;
    const CURLMsg* message =
        curl_multi_info_read(lease_.multi(), &num_messages);
    return End(message == nullptr ? CURLE_FAILED_INIT : message->data.result);
  }

  HttpExchange& result() override { return transfer_.exchange; }

 private:
  bool End(CURLcode code) {
    is_over_ = true;
    SetResult(code);
    return false;
  }

  void SetResult(CURLcode code) {
    HttpExchange& exchange = transfer_.exchange;
    long status = 0;  // NOLINT(google-runtime-int): libcurl's type
    curl_easy_getinfo(lease_.easy(), CURLINFO_RESPONSE_CODE, &status);
    exchange.response.status = static_cast<int>(status);
    // A receiver's own error ended the transfer: it stays as it is.
    if (code != CURLE_OK && exchange.status.ok() && !transfer_.has_enough) {
      SetError(code, *reason_ != '\0' ? reason_ : curl_easy_strerror(code),
               &exchange);
      exchange.status =
          Annotate(exchange.status, RedactUrl(transfer_.request.url));
    }
  }

  const Lease lease_;
  Transfer transfer_;
  HeaderList headers_;
  char reason_[CURL_ERROR_SIZE] = "";
  bool is_over_ = false;
};

CurlTransport::CurlTransport(const CurlOptions& options) : options_(options) {
  static const CURLcode kInitialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  static_cast<void>(kInitialised);
}

CurlTransport::~CurlTransport() = default;

std::unique_ptr<OngoingExchange> CurlTransport::Begin(
    const HttpRequest& request, const BodyReceiver& receiver) const {
  return std::make_unique<CurlExchange>(this, request, receiver);
}

}  // namespace anneal
