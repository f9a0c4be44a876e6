// The zip archives that torch.save writes.
#ifndef ANNEAL_FILEIO_PTH_ZIP_WRITER_H_
#define ANNEAL_FILEIO_PTH_ZIP_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "fileio/file_stream.h"

namespace anneal {

// Streams stored (uncompressed) records: each record's bytes begin
// at a multiple of 64 and carry their CRC-32; zip64 fields where sizes need
// them.
//
//   local header | name | padding | bytes | ... | central directory | end
class ZipWriter {
 public:
  explicit ZipWriter(std::unique_ptr<OutputStream> output);

  absl::Status Add(const std::string& name, absl::string_view bytes);
  // Writes the directory and closes the stream.
  absl::Status Finish();

 private:
  struct Record {
    std::string name;
    uint64_t offset;
    uint64_t size;
    uint32_t crc;
  };

  absl::Status Append(absl::string_view bytes);

  std::unique_ptr<OutputStream> output_;
  uint64_t size_ = 0;  // bytes appended so far
  std::vector<Record> records_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PTH_ZIP_WRITER_H_
