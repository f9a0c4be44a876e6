#include "visualization/png.h"

#include <zlib.h>

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "utils/value.h"

namespace anneal {
namespace {

void AppendBigEndian(uint32_t value, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(value >> shift));
  }
}

void AppendChunk(const std::string& type, const std::string& data,
                 std::string* out) {
  const std::string body = type + data;
  AppendBigEndian(data.size(), out);
  *out += body;
  AppendBigEndian(
      crc32_z(0, reinterpret_cast<const Bytef*>(body.data()), body.size()),
      out);
}

}  // namespace

absl::StatusOr<std::string> EncodePng(const at::Tensor& image) {
  if (image.dim() != 3 || image.size(2) != 3 || image.numel() == 0 ||
      image.scalar_type() != at::kByte) {
    return absl::InvalidArgumentError(absl::StrCat(
        "an image must be uint8 [height, width, 3] of at least one "
        "pixel, found ",
        Value(image).DebugString()));
  }
  const at::Tensor pixels = image.cpu().contiguous();
  const int64_t row = pixels.size(1) * 3;
  std::string scanlines;
  for (int64_t y = 0; y < pixels.size(0); ++y) {
    scanlines += '\0';  // no filter
    scanlines.append(
        reinterpret_cast<const char*>(pixels.const_data_ptr<uint8_t>()) +
            y * row,
        row);
  }
  uLongf size = compressBound(scanlines.size());
  std::string packed(size, '\0');
  compress(reinterpret_cast<Bytef*>(&packed[0]), &size,
           reinterpret_cast<const Bytef*>(scanlines.data()), scanlines.size());
  packed.resize(size);
  std::string header;
  AppendBigEndian(pixels.size(1), &header);
  AppendBigEndian(pixels.size(0), &header);
  header += std::string("\x08\x02\x00\x00\x00", 5);  // 8 bit, RGB
  std::string png = "\x89PNG\r\n\x1a\n";
  AppendChunk("IHDR", header, &png);
  AppendChunk("IDAT", packed, &png);
  AppendChunk("IEND", "", &png);
  return png;
}

}  // namespace anneal
