// TFRecord files.
#ifndef ANNEAL_FILEIO_RECORD_WRITER_H_
#define ANNEAL_FILEIO_RECORD_WRITER_H_

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// Appends records to a file, each flushed:
//
//   length u64 | masked CRC-32C of it u32 | bytes | masked CRC-32C of them u32
//
// all little-endian; the mask rotates a CRC right by 15 and adds 0xa282ead8.
class RecordWriter {
 public:
  // Opens the file anew.
  static absl::StatusOr<std::unique_ptr<RecordWriter>> Create(
      const std::string& path);

  absl::Status Write(absl::string_view record);

 private:
  struct FileCloser {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  RecordWriter(std::FILE* file, std::string path)
      : file_(file), path_(std::move(path)) {}

  std::unique_ptr<std::FILE, FileCloser> file_;
  std::string path_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_RECORD_WRITER_H_
