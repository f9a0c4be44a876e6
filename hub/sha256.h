// SHA-256.
#ifndef ANNEAL_HUB_SHA256_H_
#define ANNEAL_HUB_SHA256_H_

#include <string>

#include "absl/strings/string_view.h"

struct evp_md_ctx_st;

namespace anneal::hub {

// The hash of bytes that come piece by piece, by OpenSSL.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void Update(absl::string_view bytes);
  // 64 lower-case hexadecimal digits. Nothing is called after it.
  std::string HexDigest();

 private:
  evp_md_ctx_st* context_;
};

}  // namespace anneal::hub

#endif  // ANNEAL_HUB_SHA256_H_
