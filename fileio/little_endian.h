// Fixed-size integers as little-endian bytes.
#ifndef ANNEAL_FILEIO_LITTLE_ENDIAN_H_
#define ANNEAL_FILEIO_LITTLE_ENDIAN_H_

#include <cstdint>
#include <cstring>
#include <string>

namespace anneal {

// Appends the low `bytes` bytes of `value`.
inline void AppendLittleEndian(uint64_t value, int bytes, std::string* out) {
  for (int i = 0; i < bytes; ++i) {
    out->push_back(static_cast<char>(value >> (8 * i)));
  }
}

// The integer in the first `bytes` bytes of `data`.
inline uint64_t LoadLittleEndian(const char* data, int bytes) {
  uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) {
    value |= uint64_t{static_cast<unsigned char>(data[i])} << (8 * i);
  }
  return value;
}

}  // namespace anneal

#endif  // ANNEAL_FILEIO_LITTLE_ENDIAN_H_
