// Checksums and message authentication, by OpenSSL's libcrypto and zlib.
#ifndef ANNEAL_FILEIO_HTTP_DIGEST_H_
#define ANNEAL_FILEIO_HTTP_DIGEST_H_

#include <memory>
#include <string>

#include "absl/strings/string_view.h"

namespace anneal {

enum class DigestKind { kMd5, kSha1, kSha256, kSha512, kCrc32, kCrc32c };

// A checksum of bytes that come piece by piece.
class Digest {
 public:
  static std::unique_ptr<Digest> Create(DigestKind kind);
  virtual ~Digest() = default;

  virtual void Update(absl::string_view bytes) = 0;
  // The checksum's bytes, of CRCs big-endian as HTTP's headers have them.
  // Nothing is called after it.
  virtual std::string Finish() = 0;
};

// The checksum of `bytes`.
std::string DigestOf(DigestKind kind, absl::string_view bytes);

// HMAC-SHA-256 (RFC 2104): 32 bytes.
std::string HmacSha256(absl::string_view key, absl::string_view message);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_DIGEST_H_
