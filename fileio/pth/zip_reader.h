// Records of a zip archive.
#ifndef ANNEAL_FILEIO_PTH_ZIP_READER_H_
#define ANNEAL_FILEIO_PTH_ZIP_READER_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// Reads the archives that torch.save writes, trusting nothing: only the central
// directory is believed, and only where it agrees with the local headers' names
// and the file's size. InvalidArgument, naming the record, for anything
// encrypted, doubly named, outside of the file or with a path that leaves the
// archive; DataLoss where the directory is damaged or cut off or records
// overlap.
class ZipReader {
 public:
  // `archive` is the file's bytes; it outlives the reader.
  static absl::StatusOr<ZipReader> Open(absl::string_view archive);

  // Names in the order of the directory.
  const std::vector<std::string>& names() const { return names_; }
  bool Has(const std::string& name) const { return records_.count(name) > 0; }

  // Records, not empty, that were written without a CRC-32.
  int64_t num_unchecked() const { return num_unchecked_; }

  // A record's bytes, checked against its CRC-32. DataLoss where they differ.
  // Records that were written without (CRC 0) pass unchecked. NotFound for
  // a name that the archive lacks, InvalidArgument for a compressed record.
  absl::StatusOr<absl::string_view> Read(const std::string& name) const;

  // The same of a stored or a deflated record. InvalidArgument for another
  // method; DataLoss where the record inflates to another size than the
  // archive says.
  absl::StatusOr<std::string> Inflate(const std::string& name) const;

 private:
  struct Record {
    uint64_t offset = 0;  // of the bytes
    uint64_t size = 0;    // of the bytes in the archive
    uint64_t inflated_size = 0;
    uint32_t crc = 0;
    uint64_t method = 0;
    bool is_stored() const { return method == 0 && size == inflated_size; }
  };

  absl::StatusOr<const Record*> Find(const std::string& name) const;

  absl::string_view archive_;
  std::vector<std::string> names_;
  int64_t num_unchecked_ = 0;
  std::map<std::string, Record> records_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_PTH_ZIP_READER_H_
