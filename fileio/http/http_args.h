// What backend_args say about HTTP.
#ifndef ANNEAL_FILEIO_HTTP_HTTP_ARGS_H_
#define ANNEAL_FILEIO_HTTP_HTTP_ARGS_H_

#include "fileio/backend_args.h"
#include "fileio/http/http_client.h"

namespace anneal {

// Takes the arguments that all backends over HTTP have; HttpOptions' defaults
// where they are not given:
//
//   max_attempts: 5       # of each request, the first one included
//   connect_timeout: 10   # seconds
//   stall_timeout: 30     # seconds below min_rate until a transfer has failed
//   min_rate: 1           # bytes a second
//   ca_file: /etc/ssl/own.pem
HttpOptions ReadHttpOptions(fileio::BackendArgsReader* reader);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_HTTP_ARGS_H_
