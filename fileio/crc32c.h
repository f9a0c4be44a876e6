// CRC-32C (Castagnoli).
#ifndef ANNEAL_FILEIO_CRC32C_H_
#define ANNEAL_FILEIO_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace anneal {

// The checksum of RFC 3720 (iSCSI), TFRecord files and many storage systems.
uint32_t Crc32c(absl::string_view bytes);
// That of bytes whose checksum is `crc` (0 of none) and of `bytes` after them.
uint32_t ExtendCrc32c(uint32_t crc, absl::string_view bytes);
// The same on processors without an instruction for it.
uint32_t ExtendCrc32cByTables(uint32_t crc, absl::string_view bytes);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_CRC32C_H_
