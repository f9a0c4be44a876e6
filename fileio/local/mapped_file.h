// A file's bytes in memory.
#ifndef ANNEAL_FILEIO_LOCAL_MAPPED_FILE_H_
#define ANNEAL_FILEIO_LOCAL_MAPPED_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// A local file, mapped read-only: pages come as they are read. The file must
// not be cut short meanwhile.
class MappedFile {
 public:
  static absl::StatusOr<MappedFile> Open(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  absl::string_view bytes() const { return bytes_; }

 private:
  explicit MappedFile(absl::string_view bytes) : bytes_(bytes) {}

  absl::string_view bytes_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_LOCAL_MAPPED_FILE_H_
