// Checksums that servers send with a file.
#ifndef ANNEAL_FILEIO_HTTP_BODY_CHECKSUM_H_
#define ANNEAL_FILEIO_HTTP_BODY_CHECKSUM_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "fileio/http/digest.h"
#include "fileio/http/http_transport.h"

namespace anneal {

// Checks a whole body, as it comes, against the cheapest checksum of its
// headers: x-amz-checksum-* of the whole object, x-goog-hash, Content-MD5,
// Content-Digest and Repr-Digest (RFC 9530), Digest (RFC 3230). Headers that
// are malformed or have none of a kind that Digest knows are passed over.
class BodyChecksum {
 public:
  explicit BodyChecksum(const HttpHeaders& headers);

  // Whether there is anything to check.
  bool is_there() const { return digest_ != nullptr; }
  void Update(absl::string_view bytes);
  // DataLoss names the header and both checksums. Nothing is called after it.
  absl::Status Finish();

 private:
  // The header that names it; "": none.
  std::string source_;
  std::string expected_;
  std::unique_ptr<Digest> digest_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_BODY_CHECKSUM_H_
