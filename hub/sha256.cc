#include "hub/sha256.h"

#include <openssl/evp.h>

#include "absl/strings/escaping.h"
#include "logging/log.h"

namespace anneal::hub {

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
  ANNEAL_CHECK(EVP_DigestInit_ex(context_, EVP_sha256(), nullptr) == 1)
      << "OpenSSL has no SHA-256";
}

Sha256::~Sha256() { EVP_MD_CTX_free(context_); }

void Sha256::Update(absl::string_view bytes) {
  EVP_DigestUpdate(context_, bytes.data(), bytes.size());
}

std::string Sha256::HexDigest() {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_DigestFinal_ex(context_, digest, &size);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), size));
}

}  // namespace anneal::hub
