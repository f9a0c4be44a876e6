// ZipReader over any bytes, with every record that it finds.
#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "fileio/pth/zip_reader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto zip = anneal::ZipReader::Open(bytes);
  if (!zip.ok()) return 0;
  for (const std::string& name : zip->names()) {
    const auto record = zip->Read(name);
    // Every byte is the archive's.
    if (record.ok()) std::string(*record).clear();
  }
  return 0;
}
