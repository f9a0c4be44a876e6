// One exchange over HTTP: the interface, its requests and responses.
#ifndef ANNEAL_FILEIO_HTTP_HTTP_TRANSPORT_H_
#define ANNEAL_FILEIO_HTTP_HTTP_TRANSPORT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace anneal {

// Names in lower case; the values of one that comes several times are joined by
// ", ".
using HttpHeaders = std::map<std::string, std::string>;

struct HttpRequest {
  // GET, HEAD, PUT, POST or DELETE.
  std::string method = "GET";
  std::string url;
  HttpHeaders headers;
  // Outlives the exchange.
  absl::string_view body;
  // Called before each attempt, as signatures carry the time.
  std::function<void(HttpRequest*)> sign;
};

struct HttpResponse {
  // 200, 404, ...; 0: there was none.
  int status = 0;
  HttpHeaders headers;
  std::string body;

  // "" for a header that it lacks. `name` in lower case.
  std::string header(const std::string& name) const {
    auto it = headers.find(name);
    return it == headers.end() ? "" : it->second;
  }
};

// Takes the body of a response of 2xx, whose status and headers are known, in
// pieces. Another status than OK ends the exchange with it.
using BodyReceiver = std::function<absl::Status(const HttpResponse& head,
                                                absl::string_view bytes)>;

// What came of one attempt.
struct HttpExchange {
  // As far as it came.
  HttpResponse response;
  // OK for a whole response, whatever its HTTP status.
  absl::Status status;
  // Of a status that is not OK: another attempt may do better.
  bool is_transient = false;
};

// An attempt under way, by one thread at a time. Destroying it breaks it off.
class OngoingExchange {
 public:
  virtual ~OngoingExchange() = default;

  // Gives what has come to the receiver, about as much as fits into a network
  // buffer; where nothing has, waits a second at most. False: it is over.
  virtual bool Advance() = 0;
  // What came of it, once Advance said that it is over.
  virtual HttpExchange& result() = 0;
};

// Advances it to its end.
HttpExchange Finish(std::unique_ptr<OngoingExchange> exchange);

// Thread-safe.
class HttpTransport {
 public:
  virtual ~HttpTransport() = default;

  // Begins one attempt: follows no redirect, calls no `sign`. Bodies of
  // responses of 2xx go to `receiver`; without one to HttpResponse::body, up to
  // 64 MiB, beyond which it is ResourceExhausted. Of other statuses' bodies the
  // first 64 KiB are kept there and the rest is not read. The transport
  // outlives the exchange.
  virtual std::unique_ptr<OngoingExchange> Begin(
      const HttpRequest& request, const BodyReceiver& receiver) const = 0;

  // One attempt from its begin to its end.
  HttpExchange Exchange(const HttpRequest& request,
                        const BodyReceiver& receiver) const;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_HTTP_TRANSPORT_H_
