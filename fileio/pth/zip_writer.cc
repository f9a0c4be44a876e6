#include "fileio/pth/zip_writer.h"

#include <zlib.h>

#include <algorithm>
#include <utility>

#include "fileio/little_endian.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr uint64_t kAlignment = 64;
constexpr uint64_t kMax32 = 0xffffffff;
constexpr int kUtf8Flag = 0x0800;
constexpr int kVersion = 45;  // the first with zip64
constexpr int kJan1st1980 = 0x21;

uint32_t Clamp32(uint64_t value) {
  return static_cast<uint32_t>(std::min(value, kMax32));
}

uint32_t Crc32(absl::string_view bytes) {
  return crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
}

// Version to name's length: what the local header and the directory share.
void AppendCommon(uint64_t size, uint32_t crc, size_t name_size,
                  size_t extra_size, std::string* out) {
  AppendLittleEndian(kVersion, 2, out);
  AppendLittleEndian(kUtf8Flag, 2, out);
  AppendLittleEndian(0, 2, out);  // stored
  AppendLittleEndian(0, 2, out);  // midnight
  AppendLittleEndian(kJan1st1980, 2, out);
  AppendLittleEndian(crc, 4, out);
  AppendLittleEndian(Clamp32(size), 4, out);
  AppendLittleEndian(Clamp32(size), 4, out);
  AppendLittleEndian(name_size, 2, out);
  AppendLittleEndian(extra_size, 2, out);
}

}  // namespace

ZipWriter::ZipWriter(std::unique_ptr<OutputStream> output)
    : output_(std::move(output)) {}

absl::Status ZipWriter::Append(absl::string_view bytes) {
  size_ += bytes.size();
  return output_->Append(bytes);
}

absl::Status ZipWriter::Add(const std::string& name, absl::string_view bytes) {
  const Record record = {name, size_, bytes.size(), Crc32(bytes)};
  std::string extra;
  if (record.size >= kMax32) {
    AppendLittleEndian(1, 2, &extra);  // zip64
    AppendLittleEndian(16, 2, &extra);
    AppendLittleEndian(record.size, 8, &extra);
    AppendLittleEndian(record.size, 8, &extra);
  }
  constexpr uint64_t kHeaderSize = 30;
  constexpr uint64_t kFieldSize = 4;
  const uint64_t end =
      record.offset + kHeaderSize + name.size() + extra.size() + kFieldSize;
  const uint64_t padding = (kAlignment - end % kAlignment) % kAlignment;
  extra += "FB";
  AppendLittleEndian(padding, 2, &extra);
  extra.append(padding, 'Z');
  std::string header = "PK\x03\x04";
  AppendCommon(record.size, record.crc, name.size(), extra.size(), &header);
  header += name;
  header += extra;
  RETURN_IF_ERROR(Append(header));
  RETURN_IF_ERROR(Append(bytes));
  records_.push_back(record);
  return absl::OkStatus();
}

absl::Status ZipWriter::Finish() {
  const uint64_t directory_offset = size_;
  std::string out;
  for (const Record& record : records_) {
    std::string extra;
    if (record.size >= kMax32 || record.offset >= kMax32) {
      std::string fields;
      if (record.size >= kMax32) {
        AppendLittleEndian(record.size, 8, &fields);
        AppendLittleEndian(record.size, 8, &fields);
      }
      if (record.offset >= kMax32)
        AppendLittleEndian(record.offset, 8, &fields);
      AppendLittleEndian(1, 2, &extra);
      AppendLittleEndian(fields.size(), 2, &extra);
      extra += fields;
    }
    out += "PK\x01\x02";
    AppendLittleEndian(kVersion, 2, &out);
    AppendCommon(record.size, record.crc, record.name.size(), extra.size(),
                 &out);
    AppendLittleEndian(0, 2, &out);  // comment
    AppendLittleEndian(0, 2, &out);  // disk
    AppendLittleEndian(0, 2, &out);  // internal attributes
    AppendLittleEndian(0, 4, &out);  // external attributes
    AppendLittleEndian(Clamp32(record.offset), 4, &out);
    out += record.name;
    out += extra;
  }
  const uint64_t directory_size = out.size();
  const bool needs_zip64 = records_.size() >= 0xffff ||
                           directory_offset >= kMax32 ||
                           directory_size >= kMax32;
  if (needs_zip64) {
    const uint64_t end_offset = directory_offset + directory_size;
    out += "PK\x06\x06";
    AppendLittleEndian(44, 8, &out);
    AppendLittleEndian(kVersion, 2, &out);
    AppendLittleEndian(kVersion, 2, &out);
    AppendLittleEndian(0, 4, &out);
    AppendLittleEndian(0, 4, &out);
    AppendLittleEndian(records_.size(), 8, &out);
    AppendLittleEndian(records_.size(), 8, &out);
    AppendLittleEndian(directory_size, 8, &out);
    AppendLittleEndian(directory_offset, 8, &out);
    out += "PK\x06\x07";
    AppendLittleEndian(0, 4, &out);
    AppendLittleEndian(end_offset, 8, &out);
    AppendLittleEndian(1, 4, &out);
  }
  const size_t count = std::min<size_t>(records_.size(), 0xffff);
  out += "PK\x05\x06";
  AppendLittleEndian(0, 4, &out);
  AppendLittleEndian(count, 2, &out);
  AppendLittleEndian(count, 2, &out);
  AppendLittleEndian(Clamp32(directory_size), 4, &out);
  AppendLittleEndian(Clamp32(directory_offset), 4, &out);
  AppendLittleEndian(0, 2, &out);
  RETURN_IF_ERROR(Append(out));
  return output_->Close();
}

}  // namespace anneal
