#include "fileio/crc32c.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/string_view.h"

namespace anneal {
namespace {

// RFC 3720, B.4, and the check value of the CRC catalogues.
TEST(Crc32c, EqualsThePublishedValues) {
  std::string rising;
  for (int i = 0; i < 32; ++i) rising.push_back(static_cast<char>(i));

  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aa);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43);
  EXPECT_EQ(Crc32c(rising), 0x46dd794e);
  EXPECT_EQ(Crc32c(std::string(rising.rbegin(), rising.rend())), 0x113fdb5c);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283);
  EXPECT_EQ(Crc32c(""), 0);
}

TEST(Crc32c, IsTheSameByTablesAndInPieces) {
  std::string bytes;
  for (int i = 0; i < 1000; ++i) bytes.push_back(static_cast<char>(i * 7));
  for (size_t begin = 0; begin < 9; ++begin) {
    for (size_t size = 0; size < 40; ++size) {
      const absl::string_view part =
          absl::string_view(bytes).substr(begin, size);
      EXPECT_EQ(ExtendCrc32cByTables(begin, part), ExtendCrc32c(begin, part));
    }
  }
  const absl::string_view rest = absl::string_view(bytes).substr(333);
  EXPECT_EQ(ExtendCrc32c(Crc32c(bytes.substr(0, 333)), rest), Crc32c(bytes));
}

}  // namespace
}  // namespace anneal
