// What a config gives a storage backend.
#ifndef ANNEAL_FILEIO_BACKEND_ARGS_H_
#define ANNEAL_FILEIO_BACKEND_ARGS_H_

#include <google/protobuf/struct.pb.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace anneal::fileio {

// mmengine's backend_args: {backend: lmdb, db_path: train.lmdb}; a config
// message has it as a field of that type.
using BackendArgs = google::protobuf::Struct;

// Takes a backend's arguments one by one. An argument that is null or absent is
// its default; the first of a wrong kind, and any that nobody took, is
// Finish()'s InvalidArgument:
//
//   BackendArgsReader reader("lmdb", args);
//   const std::string db_path = reader.RequiredString("db_path");
//   const bool lock = reader.Bool("lock", false);
//   RETURN_IF_ERROR(reader.Finish());
class BackendArgsReader {
 public:
  // `args` outlives the reader.
  BackendArgsReader(absl::string_view backend, const BackendArgs& args)
      : backend_(backend), args_(args) {}

  std::string String(const std::string& name, absl::string_view fallback);
  std::string RequiredString(const std::string& name);
  bool Bool(const std::string& name, bool fallback);
  double Number(const std::string& name, double fallback);
  int64_t Integer(const std::string& name, int64_t fallback);
  // From `least` to `most`.
  int64_t Integer(const std::string& name, int64_t fallback, int64_t least,
                  int64_t most);
  // A number of seconds, from `least` to a day.
  absl::Duration Seconds(const std::string& name, absl::Duration fallback,
                         absl::Duration least);
  // A text counts as a list of it.
  std::vector<std::string> StringList(const std::string& name);
  std::map<std::string, std::string> StringMap(const std::string& name);

  absl::Status Finish() const;

 private:
  using Kind = google::protobuf::Value::KindCase;

  // The argument if it is of that kind, else null.
  const google::protobuf::Value* Take(const std::string& name, Kind kind,
                                      absl::string_view expected);
  void Fail(const std::string& name, absl::string_view what);

  const std::string backend_;
  const BackendArgs& args_;
  std::vector<std::string> names_;
  absl::Status status_;
};

}  // namespace anneal::fileio

#endif  // ANNEAL_FILEIO_BACKEND_ARGS_H_
