#include "fileio/http/body_checksum.h"

#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace anneal {
namespace {

struct Kind {
  absl::string_view name;
  DigestKind kind;
  size_t size;
};

// The cheapest first.
constexpr Kind kKinds[] = {
    {"crc32", DigestKind::kCrc32, 4}, {"crc32c", DigestKind::kCrc32c, 4},
    {"sha1", DigestKind::kSha1, 20},  {"sha256", DigestKind::kSha256, 32},
    {"md5", DigestKind::kMd5, 16},    {"sha512", DigestKind::kSha512, 64},
};

struct Found {
  std::string source;
  std::string base64;
};

// Kind -> checksum.
using Checksums = std::map<std::string, Found>;

// "sha-256=:BASE64:, md5=BASE64" of `header`.
void AddList(const HttpHeaders& headers, const std::string& header,
             Checksums* found) {
  auto it = headers.find(header);
  if (it == headers.end()) return;
  for (absl::string_view item : absl::StrSplit(it->second, ',')) {
    item = absl::StripAsciiWhitespace(item);
    const size_t equals = item.find('=');
    if (equals == item.npos) continue;
    std::string kind = absl::AsciiStrToLower(item.substr(0, equals));
    // "sha-256" and, before RFC 9530, "sha" for SHA-1.
    if (kind == "sha-256") kind = "sha256";
    if (kind == "sha-512") kind = "sha512";
    if (kind == "sha") kind = "sha1";
    absl::string_view value = item.substr(equals + 1);
    absl::ConsumePrefix(&value, ":");
    absl::ConsumeSuffix(&value, ":");
    found->emplace(kind, Found{header, std::string(value)});
  }
}

Checksums ChecksumsOf(const HttpHeaders& headers) {
  Checksums found;
  for (const Kind& kind : kKinds) {
    const std::string header = absl::StrCat("x-amz-checksum-", kind.name);
    auto it = headers.find(header);
    // "BASE64-3" is a checksum of three parts' checksums.
    if (it != headers.end() && it->second.find('-') == std::string::npos) {
      found.emplace(std::string(kind.name), Found{header, it->second});
    }
  }
  if (auto it = headers.find("content-md5"); it != headers.end()) {
    found.emplace("md5", Found{"content-md5", it->second});
  }
  for (const char* header : {"content-digest", "repr-digest", "digest"}) {
    AddList(headers, header, &found);
  }
  // Of the bytes that Google stores, which come decoded.
  auto stored = headers.find("x-goog-stored-content-encoding");
  if (stored == headers.end() || stored->second == "identity") {
    AddList(headers, "x-goog-hash", &found);
  }
  return found;
}

}  // namespace

BodyChecksum::BodyChecksum(const HttpHeaders& headers) {
  const Checksums found = ChecksumsOf(headers);
  for (const Kind& kind : kKinds) {
    auto it = found.find(std::string(kind.name));
    std::string bytes;
    if (it == found.end() || !absl::Base64Unescape(it->second.base64, &bytes) ||
        bytes.size() != kind.size) {
      continue;
    }
    source_ = it->second.source;
    expected_ = bytes;
    digest_ = Digest::Create(kind.kind);
    return;
  }
}

void BodyChecksum::Update(absl::string_view bytes) {
  if (digest_ != nullptr) digest_->Update(bytes);
}

absl::Status BodyChecksum::Finish() {
  if (digest_ == nullptr) return absl::OkStatus();
  const std::string actual = digest_->Finish();
  if (actual == expected_) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("the bytes that came are not those of the server: ", source_,
                   " says ", absl::Base64Escape(expected_), ", they have ",
                   absl::Base64Escape(actual), "; try again"));
}

}  // namespace anneal
