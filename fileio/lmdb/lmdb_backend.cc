#include "fileio/lmdb/lmdb_backend.h"

#include <lmdb.h>

#include <filesystem>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "fileio/backend_args.h"
#include "fileio/backend_registry.h"
#include "utils/errno_status.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

absl::Status FromCode(int code, Access access, const std::string& what,
                      const std::string& path) {
  if (code == MDB_SUCCESS) return absl::OkStatus();
  const std::string message =
      absl::StrCat("can't ", what, " ", path, ": ", mdb_strerror(code));
  switch (code) {
    case MDB_NOTFOUND:
      return absl::NotFoundError(message);
    case MDB_INVALID:
    case MDB_VERSION_MISMATCH:
      return absl::InvalidArgumentError(
          absl::StrCat(message, "; is it a folder with an LMDB's data.mdb?"));
    case MDB_CORRUPTED:
    case MDB_PAGE_NOTFOUND:
    case MDB_PANIC:
      return absl::DataLossError(absl::StrCat(message, "; make it anew"));
    case MDB_MAP_FULL:
      return absl::ResourceExhaustedError(
          absl::StrCat(message, "; give a larger map_size"));
    case MDB_BAD_VALSIZE:
      return absl::InvalidArgumentError(
          absl::StrCat(message, "; a key is 1 to 511 bytes"));
    case MDB_READERS_FULL:
      return absl::ResourceExhaustedError(
          absl::StrCat(message, "; use fewer threads"));
    default:
      if (code < 0) return absl::InternalError(message);
      return ErrnoStatus(code, access, what, path);
  }
}

MDB_val ValOf(absl::string_view bytes) {
  return {bytes.size(), const_cast<char*>(bytes.data())};
}

absl::StatusOr<std::unique_ptr<const FileBackend>> MakeLmdb(
    const fileio::BackendArgs& args) {
  fileio::BackendArgsReader reader("lmdb", args);
  LmdbOptions options;
  options.db_path = reader.RequiredString("db_path");
  options.readonly = reader.Bool("readonly", options.readonly);
  options.lock = reader.Bool("lock", options.lock);
  options.readahead = reader.Bool("readahead", options.readahead);
  options.map_size = reader.Integer("map_size", options.map_size);
  RETURN_IF_ERROR(reader.Finish());
  return LmdbBackend::Create(options);
}

const fileio::BackendRegistration kRegistration("lmdb", &MakeLmdb);

}  // namespace

struct LmdbBackend::Database {
  ~Database() {
    for (MDB_txn* txn : idle_) mdb_txn_abort(txn);
    mdb_env_close(env);
  }

  // Held shared from Begin to End: without LMDB's own lock, which `lock: false`
  // does without, no transaction may read while pages are written.
  absl::Mutex access;

  // A transaction that sees the newest state.
  absl::StatusOr<MDB_txn*> Begin() {
    MDB_txn* txn = nullptr;
    {
      absl::MutexLock lock(&mutex_);
      if (!idle_.empty()) {
        txn = idle_.back();
        idle_.pop_back();
      }
    }
    if (txn != nullptr) {
      const int code = mdb_txn_renew(txn);
      if (code == MDB_SUCCESS) return txn;
      mdb_txn_abort(txn);
    }
    RETURN_IF_ERROR(FromCode(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn),
                             Access::kRead, "read", path));
    return txn;
  }
  void End(MDB_txn* txn) {
    mdb_txn_reset(txn);
    absl::MutexLock lock(&mutex_);
    idle_.push_back(txn);
  }

  // Calls `change` in a transaction that it commits.
  template <typename Change>
  absl::Status Write(const std::string& key, Change change) {
    const std::string place = absl::StrCat(path, ": ", absl::CHexEscape(key));
    absl::MutexLock lock(&access);
    MDB_txn* txn = nullptr;
    RETURN_IF_ERROR(FromCode(mdb_txn_begin(env, nullptr, 0, &txn),
                             Access::kWrite, "write", place));
    if (const int code = change(txn); code != MDB_SUCCESS) {
      mdb_txn_abort(txn);
      return FromCode(code, Access::kWrite, "write", place);
    }
    return FromCode(mdb_txn_commit(txn), Access::kWrite, "write", place);
  }

  std::string path;
  MDB_env* env = nullptr;
  MDB_dbi dbi = 0;

 private:
  absl::Mutex mutex_;
  // Reset, to be renewed: cheaper than new ones.
  std::vector<MDB_txn*> idle_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::unique_ptr<LmdbBackend>> LmdbBackend::Create(
    const LmdbOptions& options) {
  auto database = std::make_unique<Database>();
  database->path = options.db_path;
  const auto opens = [&](int code) {
    return FromCode(code, Access::kRead, "open the LMDB", options.db_path);
  };
  RETURN_IF_ERROR(opens(mdb_env_create(&database->env)));
  std::error_code ignored;
  const bool is_file =
      std::filesystem::is_regular_file(options.db_path, ignored);
  if (!options.readonly) {
    RETURN_IF_ERROR(
        opens(mdb_env_set_mapsize(database->env, options.map_size)));
    if (!is_file) std::filesystem::create_directories(options.db_path, ignored);
  }
  // Without NOTLS a transaction belongs to the thread that made it.
  const unsigned int flags = MDB_NOTLS | (options.readonly ? MDB_RDONLY : 0) |
                             (options.lock ? 0 : MDB_NOLOCK) |
                             (options.readahead ? 0 : MDB_NORDAHEAD) |
                             (is_file ? MDB_NOSUBDIR : 0);
  RETURN_IF_ERROR(
      opens(mdb_env_open(database->env, options.db_path.c_str(), flags, 0644)));
  MDB_txn* txn = nullptr;
  RETURN_IF_ERROR(
      opens(mdb_txn_begin(database->env, nullptr, MDB_RDONLY, &txn)));
  const int code = mdb_dbi_open(txn, nullptr, 0, &database->dbi);
  if (code != MDB_SUCCESS) {
    mdb_txn_abort(txn);
    return opens(code);
  }
  RETURN_IF_ERROR(opens(mdb_txn_commit(txn)));
  return std::unique_ptr<LmdbBackend>(new LmdbBackend(std::move(database)));
}

LmdbBackend::LmdbBackend(std::unique_ptr<Database> database)
    : database_(std::move(database)) {}
LmdbBackend::~LmdbBackend() = default;

absl::StatusOr<std::string> LmdbBackend::Get(const std::string& key) const {
  absl::ReaderMutexLock lock(&database_->access);
  ASSIGN_OR_RETURN(MDB_txn* const txn, database_->Begin());
  MDB_val name = ValOf(key);
  MDB_val value;
  const int code = mdb_get(txn, database_->dbi, &name, &value);
  absl::StatusOr<std::string> bytes;
  if (code == MDB_SUCCESS) {
    bytes = std::string(static_cast<const char*>(value.mv_data), value.mv_size);
  } else if (code == MDB_NOTFOUND) {
    bytes = absl::NotFoundError(absl::StrCat(database_->path, " has no key \"",
                                             absl::CHexEscape(key), "\""));
  } else {
    bytes =
        FromCode(code, Access::kRead, "read",
                 absl::StrCat(database_->path, ": ", absl::CHexEscape(key)));
  }
  database_->End(txn);
  return bytes;
}

absl::Status LmdbBackend::Put(absl::string_view bytes,
                              const std::string& key) const {
  return database_->Write(key, [&](MDB_txn* txn) {
    MDB_val name = ValOf(key);
    MDB_val value = ValOf(bytes);
    return mdb_put(txn, database_->dbi, &name, &value, 0);
  });
}

absl::StatusOr<bool> LmdbBackend::Exists(const std::string& key) const {
  absl::ReaderMutexLock lock(&database_->access);
  ASSIGN_OR_RETURN(MDB_txn* const txn, database_->Begin());
  MDB_val name = ValOf(key);
  MDB_val value;
  const int code = mdb_get(txn, database_->dbi, &name, &value);
  database_->End(txn);
  // A key that no database can have is in none.
  if (code == MDB_NOTFOUND || code == MDB_BAD_VALSIZE) return false;
  RETURN_IF_ERROR(
      FromCode(code, Access::kRead, "read",
               absl::StrCat(database_->path, ": ", absl::CHexEscape(key))));
  return true;
}

absl::Status LmdbBackend::Remove(const std::string& key) const {
  return database_->Write(key, [&](MDB_txn* txn) {
    MDB_val name = ValOf(key);
    return mdb_del(txn, database_->dbi, &name, nullptr);
  });
}

}  // namespace anneal
