#include "logging/print_log.h"

#include <string>

#include "logging/logger.h"
#include "utils/status_macros.h"

namespace anneal {

absl::Status PrintLog(absl::string_view message,
                      absl::optional<absl::string_view> logger, LogLevel level,
                      SourcePlace place) {
  if (!logger.has_value()) {
    Logger::PrintLine(message);
    return absl::OkStatus();
  }
  if (*logger == "silent") return absl::OkStatus();
  Logger* target = Logger::Current();
  if (*logger != "current") {
    ASSIGN_OR_RETURN(target, Logger::Find(*logger));
  }
  target->Log(
      {level, place.file, place.function, place.line, std::string(message)});
  return absl::OkStatus();
}

}  // namespace anneal
