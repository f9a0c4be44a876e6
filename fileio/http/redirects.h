// Requests that are answered elsewhere.
#ifndef ANNEAL_FILEIO_HTTP_REDIRECTS_H_
#define ANNEAL_FILEIO_HTTP_REDIRECTS_H_

#include <memory>

#include "fileio/http/http_transport.h"

namespace anneal {

// Begins an attempt that follows the redirects of a GET or HEAD without `sign`
// and ends with the last response. `sign` is called, and "user:word@" of the
// URL sent as basic authentication. Headers other than Range, If-... and
// User-Agent are not sent on where a redirect leads to another host, port or
// scheme.
//
// InvalidArgument for a malformed URL or a header with a line end in it;
// FailedPrecondition for more than `max_redirects`, for one from https to http
// and one to what is no URL of HTTP; else the transport's. `transport` outlives
// the exchange.
std::unique_ptr<OngoingExchange> FollowRedirects(const HttpTransport& transport,
                                                 const HttpRequest& request,
                                                 const BodyReceiver& receiver,
                                                 int max_redirects);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_REDIRECTS_H_
