#include "fileio/file_handler.h"

#include <map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/mutex.h"

namespace anneal::fileio {
namespace {

struct Handlers {
  absl::Mutex mutex;
  std::map<std::string, std::shared_ptr<const FileHandler>> by_format
      ABSL_GUARDED_BY(mutex);
};

Handlers& Registered() {
  static Handlers* handlers = new Handlers;
  return *handlers;
}

}  // namespace

void RegisterHandler(const std::vector<std::string>& formats,
                     std::shared_ptr<const FileHandler> handler) {
  Handlers& handlers = Registered();
  absl::MutexLock lock(&handlers.mutex);
  for (const std::string& format : formats) {
    handlers.by_format[format] = handler;
  }
}

HandlerRegistration::HandlerRegistration(
    const std::vector<std::string>& formats,
    std::shared_ptr<const FileHandler> handler) {
  RegisterHandler(formats, std::move(handler));
}

absl::StatusOr<std::shared_ptr<const FileHandler>> GetHandler(
    const std::string& format) {
  Handlers& handlers = Registered();
  absl::MutexLock lock(&handlers.mutex);
  auto it = handlers.by_format.find(format);
  if (it != handlers.by_format.end()) return it->second;
  return absl::InvalidArgumentError(absl::StrCat(
      "no handler for the format \"", format, "\" is linked; there are: ",
      absl::StrJoin(handlers.by_format, ", ",
                    [](std::string* out, const auto& item) {
                      absl::StrAppend(out, item.first);
                    })));
}

}  // namespace anneal::fileio
