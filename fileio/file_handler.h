// File formats by the ends of file names.
#ifndef ANNEAL_FILEIO_FILE_HANDLER_H_
#define ANNEAL_FILEIO_FILE_HANDLER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "utils/value.h"

namespace anneal {

// Turns a file's bytes into a Value and back: mmengine's BaseFileHandler.
// Thread-safe.
class FileHandler {
 public:
  virtual ~FileHandler() = default;

  virtual absl::StatusOr<Value> Load(absl::string_view bytes) const = 0;
  virtual absl::StatusOr<std::string> Dump(const Value& value) const = 0;
};

namespace fileio {

// mmengine's register_handler: `handler` serves files whose names end in
// ".FORMAT", in place of an older one. Thread-safe; what was replaced stays
// alive for who uses it.
void RegisterHandler(const std::vector<std::string>& formats,
                     std::shared_ptr<const FileHandler> handler);

// Registers before main, as a constant of a .cc whose target is alwayslink:
//
//   const fileio::HandlerRegistration kRegistration(
//       {"toml"}, std::make_shared<TomlHandler>());
class HandlerRegistration {
 public:
  HandlerRegistration(const std::vector<std::string>& formats,
                      std::shared_ptr<const FileHandler> handler);
};

// The handler of a format. InvalidArgument lists those there are.
absl::StatusOr<std::shared_ptr<const FileHandler>> GetHandler(
    const std::string& format);

}  // namespace fileio
}  // namespace anneal

#endif  // ANNEAL_FILEIO_FILE_HANDLER_H_
