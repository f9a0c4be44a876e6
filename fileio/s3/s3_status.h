// S3's errors as absl::Status.
#ifndef ANNEAL_FILEIO_S3_S3_STATUS_H_
#define ANNEAL_FILEIO_S3_S3_STATUS_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "fileio/http/http_transport.h"
#include "fileio/s3/s3_xml.h"

namespace anneal {

// OK for 2xx, else "`what`: CODE: the server's message; REMEDY" by S3's code
// where the body has one, else HttpStatus. NotFound (NoSuchKey, NoSuchBucket),
// PermissionDenied (AccessDenied), Unauthenticated (keys, signatures and tokens
// that are wrong or out of date), InvalidArgument (another region), Aborted (a
// file that was changed), else by the HTTP status.
absl::Status S3Status(absl::string_view what, const HttpResponse& response);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_S3_STATUS_H_
