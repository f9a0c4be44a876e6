// Paths that name where a file is, "s3://bucket/a" or "data/a", and what of
// them may be shown.
#ifndef ANNEAL_FILEIO_URI_H_
#define ANNEAL_FILEIO_URI_H_

#include <cstddef>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace anneal {

// The bytes of "scheme://" in front of `path`, a cluster's name before it ("c"
// of "c:s3://") among them; 0 where `path` is none of a URI: local.
size_t SchemeLength(absl::string_view path);

// `uri`, which may be no valid one, as errors and logs may show it: without
// user info and fragment, the query's values as "***".
std::string RedactUri(absl::string_view uri);

// `path` as errors and logs may show it: a URI redacted, a local one as it is.
std::string ShownPath(absl::string_view path);

// InvalidArgument for a URI: who writes local files would make a folder "s3:".
absl::Status CheckIsLocal(absl::string_view path);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_URI_H_
