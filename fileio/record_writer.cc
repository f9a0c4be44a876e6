#include "fileio/record_writer.h"

#include <cerrno>

#include "fileio/crc32c.h"
#include "fileio/little_endian.h"
#include "utils/errno_status.h"

namespace anneal {
namespace {

uint32_t Masked(uint32_t crc) { return (crc >> 15 | crc << 17) + 0xa282ead8; }

}  // namespace

absl::StatusOr<std::unique_ptr<RecordWriter>> RecordWriter::Create(
    const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "wb");
  if (file == nullptr) return ErrnoStatus(errno, Access::kWrite, "write", path);
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
  return ErrnoStatus(errno, Access::kWrite, "write", path_);
}

}  // namespace anneal
