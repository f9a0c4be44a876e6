// HTTP's statuses as absl::Status.
#ifndef ANNEAL_FILEIO_HTTP_HTTP_STATUS_H_
#define ANNEAL_FILEIO_HTTP_HTTP_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "fileio/http/http_transport.h"

namespace anneal {

// OK for 2xx, else "`what`: the server answered 404 Not Found; REMEDY".
// Unauthenticated (401, 407), PermissionDenied (403), NotFound (404, 410),
// FailedPrecondition (412 and redirects), OutOfRange (416), ResourceExhausted
// (429), Unimplemented (405, 501), Unavailable (408, other 5xx), else
// InvalidArgument. `what` shows no credentials.
absl::Status HttpStatus(absl::string_view what, const HttpResponse& response);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_HTTP_STATUS_H_
