// A transport that answers what a test tells it to.
#ifndef ANNEAL_FILEIO_HTTP_FAKE_TRANSPORT_H_
#define ANNEAL_FILEIO_HTTP_FAKE_TRANSPORT_H_

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

  HttpExchange Exchange(const HttpRequest& request,
                        const BodyReceiver& receiver) const override {
    requests_->push_back(request);
    HttpExchange answer =
        answers_[std::min(requests_->size(), answers_.size()) - 1];
    if (receiver && answer.response.status / 100 == 2 &&
        !answer.response.body.empty()) {
      const absl::Status status =
          receiver(answer.response, answer.response.body);
      if (!status.ok()) answer.status = status;
      answer.response.body.clear();
    }
    return answer;
  }

 private:
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
