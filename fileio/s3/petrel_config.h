// ~/petreloss.conf.
#ifndef ANNEAL_FILEIO_S3_PETREL_CONFIG_H_
#define ANNEAL_FILEIO_S3_PETREL_CONFIG_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fileio/s3/s3_options.h"

namespace anneal {

// The S3 server of a cluster by the configuration of Petrel's client:
//
//   [DEFAULT]
//   default_cluster = north   # of paths that name none
//   [north]
//   host_base = http://10.0.0.1:80    # or endpoint_url
//   access_key = ...                  # without both: public
//   secret_key = ...
//
// A host_base without "http://" is http, with `use_https = True` https. Other
// fields (boto, enable_mc, ...) are passed over. `cluster` "" is the default
// one, or the only one. `path` is for errors: NotFound for a cluster that is
// missing, with those there are; InvalidArgument for a file that can't be read
// or a cluster without a host.
absl::StatusOr<S3Settings> PetrelCluster(absl::string_view text,
                                         const std::string& path,
                                         const std::string& cluster);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_PETREL_CONFIG_H_
