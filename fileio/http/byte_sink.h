// Where a download goes.
#ifndef ANNEAL_FILEIO_HTTP_BYTE_SINK_H_
#define ANNEAL_FILEIO_HTTP_BYTE_SINK_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "fileio/file_stream.h"
#include "fileio/http/http_transport.h"

namespace anneal {

// Takes a file's bytes in their order. A status other than OK ends the download
// with it.
class ByteSink {
 public:
  virtual ~ByteSink() = default;

  // Called before the first Append, also for an empty file. `size`: bytes that
  // will come, where the server says so.
  virtual absl::Status Begin(const HttpResponse& head,
                             absl::optional<int64_t> size) {
    return absl::OkStatus();
  }
  virtual absl::Status Append(absl::string_view bytes) = 0;
  // Forgets all since before Begin, which comes again. False: it can't.
  virtual bool Restart() { return false; }
};

// Bytes in memory.
class StringSink : public ByteSink {
 public:
  absl::Status Begin(const HttpResponse& head,
                     absl::optional<int64_t> size) override {
    Reserve(WorthReserving(size), &bytes_);
    return absl::OkStatus();
  }
  absl::Status Append(absl::string_view bytes) override {
    bytes_.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }
  bool Restart() override {
    bytes_.clear();
    return true;
  }

  std::string& bytes() { return bytes_; }

 private:
  std::string bytes_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_BYTE_SINK_H_
