#include "fileio/http/http_transport.h"

#include <utility>

namespace anneal {

HttpExchange Finish(std::unique_ptr<OngoingExchange> exchange) {
  while (exchange->Advance()) {
  }
  return std::move(exchange->result());
}

HttpExchange HttpTransport::Exchange(const HttpRequest& request,
                                     const BodyReceiver& receiver) const {
  return Finish(Begin(request, receiver));
}

}  // namespace anneal
