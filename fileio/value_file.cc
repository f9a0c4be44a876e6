#include "fileio/value_file.h"

#include <memory>

#include "fileio/file_client.h"
#include "fileio/file_handler.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"

namespace anneal::fileio {
namespace {

absl::StatusOr<std::shared_ptr<const FileHandler>> HandlerOf(
    const std::string& path, const std::string& format) {
  const auto handler =
      GetHandler(format.empty() ? path.substr(path.rfind('.') + 1) : format);
  if (!handler.ok()) return Annotate(handler.status(), path);
  return handler;
}

}  // namespace

absl::StatusOr<Value> Load(const std::string& path, const std::string& format,
                           const BackendArgs& args) {
  ASSIGN_OR_RETURN(const auto handler, HandlerOf(path, format));
  ASSIGN_OR_RETURN(const std::string bytes, Get(path, args));
  absl::StatusOr<Value> value = handler->Load(bytes);
  if (!value.ok()) return Annotate(value.status(), path);
  return value;
}

absl::Status Dump(const Value& value, const std::string& path,
                  const std::string& format, const BackendArgs& args) {
  ASSIGN_OR_RETURN(const auto handler, HandlerOf(path, format));
  const absl::StatusOr<std::string> bytes = handler->Dump(value);
  if (!bytes.ok()) return Annotate(bytes.status(), path);
  return Put(*bytes, path, args);
}

}  // namespace anneal::fileio
