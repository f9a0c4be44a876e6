#include "fileio/http/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <zlib.h>

#include <algorithm>
#include <cstdint>
#include <limits>

#include "fileio/crc32c.h"

namespace anneal {
namespace {

class CryptoDigest : public Digest {
 public:
  explicit CryptoDigest(const EVP_MD* kind)
      : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    EVP_DigestInit_ex(context_.get(), kind, nullptr);
  }

  void Update(absl::string_view bytes) override {
    EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size());
  }
  std::string Finish() override {
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned int size = 0;
    EVP_DigestFinal_ex(context_.get(),
                       reinterpret_cast<unsigned char*>(&digest[0]), &size);
    digest.resize(size);
    return digest;
  }

 private:
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

class CrcDigest : public Digest {
 public:
  std::string Finish() override {
    const uint32_t crc = this->crc();
    std::string digest;
    for (int shift = 24; shift >= 0; shift -= 8) {
      digest.push_back(static_cast<char>(crc >> shift & 0xff));
    }
    return digest;
  }

 private:
  virtual uint32_t crc() const = 0;
};

class Crc32Digest : public CrcDigest {
 public:
  void Update(absl::string_view bytes) override {
    while (!bytes.empty()) {
      const size_t size =
          std::min<size_t>(bytes.size(), std::numeric_limits<uInt>::max());
      crc_ = crc32(crc_, reinterpret_cast<const Bytef*>(bytes.data()),
                   static_cast<uInt>(size));
      bytes.remove_prefix(size);
    }
  }

 private:
  uint32_t crc() const override { return static_cast<uint32_t>(crc_); }

  uLong crc_ = 0;
};

class Crc32cDigest : public CrcDigest {
 public:
  void Update(absl::string_view bytes) override {
    crc_ = ExtendCrc32c(crc_, bytes);
  }

 private:
  uint32_t crc() const override { return crc_; }

  uint32_t crc_ = 0;
};

}  // namespace

std::unique_ptr<Digest> Digest::Create(DigestKind kind) {
  switch (kind) {
    case DigestKind::kMd5:
      return std::make_unique<CryptoDigest>(EVP_md5());
    case DigestKind::kSha1:
      return std::make_unique<CryptoDigest>(EVP_sha1());
    case DigestKind::kSha256:
      return std::make_unique<CryptoDigest>(EVP_sha256());
    case DigestKind::kSha512:
      return std::make_unique<CryptoDigest>(EVP_sha512());
    case DigestKind::kCrc32:
      return std::make_unique<Crc32Digest>();
    case DigestKind::kCrc32c:
      return std::make_unique<Crc32cDigest>();
  }
  return nullptr;
}

std::string DigestOf(DigestKind kind, absl::string_view bytes) {
  const std::unique_ptr<Digest> digest = Digest::Create(kind);
  digest->Update(bytes);
  return digest->Finish();
}

std::string HmacSha256(absl::string_view key, absl::string_view message) {
  std::string code(EVP_MAX_MD_SIZE, '\0');
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(message.data()), message.size(),
       reinterpret_cast<unsigned char*>(&code[0]), &size);
  code.resize(size);
  return code;
}

}  // namespace anneal
