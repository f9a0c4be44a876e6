#include "fileio/value_file.h"

#include <memory>

#include "absl/strings/match.h"
#include "fileio/file_client.h"
#include "fileio/file_handler.h"
#include "fileio/uri.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"

namespace anneal::fileio {
namespace {

absl::StatusOr<std::shared_ptr<const FileHandler>> HandlerOf(
    const std::string& path, const std::string& format) {
  // A URL's query is no part of the name, and may be secret.
  const bool is_url =
      absl::StartsWith(path, "http://") || absl::StartsWith(path, "https://");
  const std::string name =
      is_url ? path.substr(0, path.find_first_of("?#")) : path;
  const auto handler =
      GetHandler(format.empty() ? name.substr(name.rfind('.') + 1) : format);
  if (!handler.ok()) return Annotate(handler.status(), ShownPath(path));
  return handler;
}

}  // namespace

absl::StatusOr<Value> Load(const std::string& path, const std::string& format,
                           const BackendArgs& args) {
  ASSIGN_OR_RETURN(const auto handler, HandlerOf(path, format));
  ASSIGN_OR_RETURN(const std::string bytes, Get(path, args));
  absl::StatusOr<Value> value = handler->Load(bytes);
  if (!value.ok()) return Annotate(value.status(), ShownPath(path));
  return value;
}

absl::Status Dump(const Value& value, const std::string& path,
                  const std::string& format, const BackendArgs& args) {
  ASSIGN_OR_RETURN(const auto handler, HandlerOf(path, format));
  const absl::StatusOr<std::string> bytes = handler->Dump(value);
  if (!bytes.ok()) return Annotate(bytes.status(), ShownPath(path));
  return Put(*bytes, path, args);
}

}  // namespace anneal::fileio
