// A transport that answers what a test tells it to.
#ifndef ANNEAL_FILEIO_HTTP_FAKE_TRANSPORT_H_
#define ANNEAL_FILEIO_HTTP_FAKE_TRANSPORT_H_

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fileio/http/http_client.h"
#include "fileio/http/http_transport.h"

namespace anneal {

// Gives the answers in turn, the last one again and again, and notes the
// requests. Not thread-safe.
class FakeTransport : public HttpTransport {
 public:
  static HttpExchange Answer(int status, HttpHeaders headers = {},
                             std::string body = "") {
    HttpExchange exchange;
    exchange.response.status = status;
    exchange.response.headers = std::move(headers);
    exchange.response.body = std::move(body);
    return exchange;
  }
  static HttpExchange Broken(const std::string& message) {
    HttpExchange exchange;
    exchange.status = absl::UnavailableError(message);
    exchange.is_transient = true;
    return exchange;
  }

  explicit FakeTransport(std::vector<HttpExchange> answers,
                         std::vector<HttpRequest>* requests)
      : answers_(std::move(answers)), requests_(requests) {}

  std::unique_ptr<OngoingExchange> Begin(
      const HttpRequest& request, const BodyReceiver& receiver) const override {
    requests_->push_back(request);
    return std::make_unique<Answered>(
        answers_[std::min(requests_->size(), answers_.size()) - 1], receiver);
  }

 private:
  // Gives the body as one piece.
  class Answered : public OngoingExchange {
   public:
    Answered(HttpExchange answer, BodyReceiver receiver)
        : answer_(std::move(answer)), receiver_(std::move(receiver)) {}

    bool Advance() override {
      const HttpResponse& response = answer_.response;
      if (receiver_ && response.status / 100 == 2 && !response.body.empty()) {
        const absl::Status status = receiver_(response, response.body);
        if (!status.ok()) answer_.status = status;
        answer_.response.body.clear();
      }
      return false;
    }
    HttpExchange& result() override { return answer_; }

   private:
    HttpExchange answer_;
    const BodyReceiver receiver_;
  };

  const std::vector<HttpExchange> answers_;
  std::vector<HttpRequest>* const requests_;
};

// Options whose pauses take no time and are noted.
inline HttpOptions OptionsWithoutPauses(
    std::vector<absl::Duration>* pauses = nullptr) {
  HttpOptions options;
  options.retry.draw = [] { return 1.0; };
  options.retry.sleep = [pauses](absl::Duration pause) {
    if (pauses != nullptr) pauses->push_back(pause);
  };
  return options;
}

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_FAKE_TRANSPORT_H_
