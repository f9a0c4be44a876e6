// Values of an LMDB database.
#ifndef ANNEAL_FILEIO_LMDB_LMDB_BACKEND_H_
#define ANNEAL_FILEIO_LMDB_LMDB_BACKEND_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "fileio/file_backend.h"

namespace anneal {

struct LmdbOptions {
  // The folder with data.mdb in it, or such a file itself. Required.
  std::string db_path;
  bool readonly = true;
  // Whether to keep a lock file against other programs that write: without it
  // none may while this one has the database. Threads of one backend need none.
  bool lock = false;
  // Whether the kernel may read ahead: slower where the database is larger than
  // memory and reads are random.
  bool readahead = false;
  // The most bytes that writing may make of the database.
  int64_t map_size = int64_t{16} << 30;
};

// Bytes by key, which is a "path" here: mmengine's LmdbBackend, as
//
//   backend_args: {backend: lmdb, db_path: data/train_lmdb}
//
// A key is 1 to 511 bytes, taken as it is. Get, Exists and IsFile; with
// readonly: false Put and Remove, each on the disk when it returns. Gets run
// side by side; Put and Remove wait for them, and they for those. LMDB trusts
// its files: open none from strangers.
class LmdbBackend : public FileBackend {
 public:
  // NotFound where there is no database, InvalidArgument where it is none.
  static absl::StatusOr<std::unique_ptr<LmdbBackend>> Create(
      const LmdbOptions& options);
  ~LmdbBackend() override;

  std::string name() const override { return "LmdbBackend"; }
  absl::StatusOr<std::string> Get(const std::string& key) const override;
  absl::Status Put(absl::string_view bytes,
                   const std::string& key) const override;
  absl::StatusOr<bool> Exists(const std::string& key) const override;
  absl::StatusOr<bool> IsFile(const std::string& key) const override {
    return Exists(key);
  }
  absl::StatusOr<bool> IsDir(const std::string&) const override {
    return false;
  }
  absl::Status Remove(const std::string& key) const override;

 private:
  struct Database;
  explicit LmdbBackend(std::unique_ptr<Database> database);

  const std::unique_ptr<Database> database_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_LMDB_LMDB_BACKEND_H_
