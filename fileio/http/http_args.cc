#include "fileio/http/http_args.h"

#include "absl/time/time.h"

namespace anneal {

HttpOptions ReadHttpOptions(fileio::BackendArgsReader* reader) {
  HttpOptions options;
  options.retry.max_attempts = static_cast<int>(
      reader->Integer("max_attempts", options.retry.max_attempts, 1, 1000000));
  options.curl.connect_timeout = reader->Seconds(
      "connect_timeout", options.curl.connect_timeout, absl::Milliseconds(1));
  options.curl.stall_timeout = reader->Seconds(
      "stall_timeout", options.curl.stall_timeout, absl::Milliseconds(1));
  options.curl.min_rate = static_cast<int>(
      reader->Integer("min_rate", options.curl.min_rate, 1, 1000000000));
  options.curl.ca_file = reader->String("ca_file", "");
  return options;
}

}  // namespace anneal
