#include "visualization/record_writer.h"

#include <array>
#include <cerrno>

#include "fileio/little_endian.h"
#include "utils/path.h"

namespace anneal {
namespace {

std::array<uint32_t, 256> MakeTable() {
  constexpr uint32_t kPolynomial = 0x82f63b78;  // reflected
  std::array<uint32_t, 256> table;
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) {
      crc = crc >> 1 ^ (crc & 1 ? kPolynomial : 0);
    }
    table[i] = crc;
  }
  return table;
}

uint32_t Masked(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8; }

}  // namespace

uint32_t Crc32c(absl::string_view bytes) {
  static const std::array<uint32_t, 256> kTable = MakeTable();
  uint32_t crc = ~uint32_t{0};
  for (const char c : bytes) {
    crc = crc >> 8 ^ kTable[(crc ^ static_cast<unsigned char>(c)) & 0xff];
  }
  return ~crc;
}

absl::StatusOr<std::unique_ptr<RecordWriter>> RecordWriter::Create(
    const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return ErrnoStatus(errno, "write", path);
  return std::unique_ptr<RecordWriter>(new RecordWriter(file, path));
}

absl::Status RecordWriter::Write(absl::string_view record) {
  std::string frame;
  AppendLittleEndian(record.size(), 8, &frame);
  AppendLittleEndian(Masked(Crc32c(frame)), 4, &frame);
  frame.append(record.data(), record.size());
  AppendLittleEndian(Masked(Crc32c(record)), 4, &frame);
  if (std::fwrite(frame.data(), 1, frame.size(), file_.get()) == frame.size() &&
      std::fflush(file_.get()) == 0) {
    return absl::OkStatus();
  }
  return ErrnoStatus(errno, "write", path_);
}

}  // namespace anneal
