// A message to a logger of choice.
#ifndef ANNEAL_LOGGING_PRINT_LOG_H_
#define ANNEAL_LOGGING_PRINT_LOG_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/optional.h"
#include "logging/log.h"

namespace anneal {

// Where a call stands.
struct SourcePlace {
  const char* file;
  const char* function;
  int line;

  static SourcePlace Current(const char* file = __builtin_FILE(),
                             const char* function = __builtin_FUNCTION(),
                             int line = __builtin_LINE()) {
    return {file, function, line};
  }
};

// mmengine's print_log: to the logger of that instance name, to the one that
// was initialized last for "current", to nothing for "silent", as a plain line
// on standard output for nullopt, which knows no levels. A FATAL message does
// not end the process. NotFound where no logger has the name.
absl::Status PrintLog(absl::string_view message,
                      absl::optional<absl::string_view> logger = absl::nullopt,
                      LogLevel level = LogLevel::INFO,
                      SourcePlace place = SourcePlace::Current());

}  // namespace anneal

#endif  // ANNEAL_LOGGING_PRINT_LOG_H_
