#include "fileio/http/digest.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/escaping.h"

namespace anneal {
namespace {

// "123456789" is the check of the CRC catalogue; the others are by coreutils'
// md5sum, sha1sum, sha256sum, sha512sum.
struct Case {
  const char* name;
  DigestKind kind;
  const char* hex;
};

class DigestTest : public ::testing::TestWithParam<Case> {};

TEST_P(DigestTest, IsThePublishedOne) {
  EXPECT_EQ(absl::BytesToHexString(DigestOf(GetParam().kind, "123456789")),
            GetParam().hex);
}

TEST_P(DigestTest, IsTheSameInPieces) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes.push_back(static_cast<char>(i * 7));
  const std::string whole = DigestOf(GetParam().kind, bytes);

  for (const size_t size : {1, 7, 8, 13, 999}) {
    const auto digest = Digest::Create(GetParam().kind);
    for (size_t i = 0; i < bytes.size(); i += size) {
      digest->Update(absl::string_view(bytes).substr(i, size));
    }
    EXPECT_EQ(digest->Finish(), whole) << size;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, DigestTest,
    ::testing::Values(
        Case{"Md5", DigestKind::kMd5, "25f9e794323b453885f5181f1b624d0b"},
        Case{"Sha1", DigestKind::kSha1,
             "f7c3bc1d808e04732adf679965ccc34ca7ae3441"},
        Case{
            "Sha256", DigestKind::kSha256,
            "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"},
        Case{
            "Sha512", DigestKind::kSha512,
            "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274a"
            "d27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85"},
        Case{"Crc32", DigestKind::kCrc32, "cbf43926"},
        Case{"Crc32c", DigestKind::kCrc32c, "e3069283"}),
    [](const auto& info) { return std::string(info.param.name); });

// RFC 4231, cases 1 and 2.
TEST(HmacSha256, IsThatOfRfc4231) {
  EXPECT_EQ(
      absl::BytesToHexString(HmacSha256(std::string(20, '\x0b'), "Hi There")),
      "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(absl::BytesToHexString(
                HmacSha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace anneal
