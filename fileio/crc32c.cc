#include "fileio/crc32c.h"

#include <array>
#include <cstddef>
#include <cstring>

namespace anneal {
namespace {

// Eight tables, so that eight bytes are taken at a time ("slicing by 8").
using Crc32cTables = std::array<std::array<uint32_t, 256>, 8>;

Crc32cTables MakeCrc32cTables() {
  constexpr uint32_t kPolynomial = 0x82f63b78;  // reflected
  Crc32cTables tables;
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
    }
    tables[0][i] = crc;
  }
  for (size_t k = 1; k < tables.size(); ++k) {
    for (uint32_t i = 0; i < 256; ++i) {
      const uint32_t crc = tables[k - 1][i];
      tables[k][i] = crc >> 8 ^ tables[0][crc & 0xff];
    }
  }
  return tables;
}

#if defined(__x86_64__)
// By the processor's instruction.
__attribute__((target("sse4.2"))) uint32_t ExtendBySse42(
    uint32_t crc, absl::string_view bytes) {
  const char* next = bytes.data();
  const char* const end = next + bytes.size();
  uint64_t rest = ~crc;
  for (; end - next >= 8; next += 8) {
    uint64_t word;
    std::memcpy(&word, next, 8);
    rest = __builtin_ia32_crc32di(rest, word);
  }
  auto state = static_cast<uint32_t>(rest);
  for (; next < end; ++next) state = __builtin_ia32_crc32qi(state, *next);
  return ~state;
}
#endif

}  // namespace

uint32_t Crc32c(absl::string_view bytes) { return ExtendCrc32c(0, bytes); }

uint32_t ExtendCrc32c(uint32_t crc, absl::string_view bytes) {
#if defined(__x86_64__)
  static const bool kHasSse42 = __builtin_cpu_supports("sse4.2");
  if (kHasSse42) return ExtendBySse42(crc, bytes);
#endif
  return ExtendCrc32cByTables(crc, bytes);
}

uint32_t ExtendCrc32cByTables(uint32_t crc, absl::string_view bytes) {
  static const Crc32cTables kTables = MakeCrc32cTables();
  const auto* next = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* const end = next + bytes.size();
  crc = ~crc;
  for (; end - next >= 8; next += 8) {
    uint32_t low;
    uint32_t high;
    std::memcpy(&low, next, 4);
    std::memcpy(&high, next + 4, 4);
    low ^= crc;
    crc = kTables[7][low & 0xff] ^ kTables[6][low >> 8 & 0xff] ^
          kTables[5][low >> 16 & 0xff] ^ kTables[4][low >> 24] ^
          kTables[3][high & 0xff] ^ kTables[2][high >> 8 & 0xff] ^
          kTables[1][high >> 16 & 0xff] ^ kTables[0][high >> 24];
  }
  for (; next < end; ++next) {
    crc = crc >> 8 ^ kTables[0][(crc ^ *next) & 0xff];
  }
  return ~crc;
}

}  // namespace anneal
