// How a log line looks.
#ifndef ANNEAL_LOGGING_LOG_LINE_H_
#define ANNEAL_LOGGING_LOG_LINE_H_

#include <cstdint>
#include <ctime>
#include <string>

#include "absl/strings/string_view.h"
#include "logging/log.h"
#include "logging/sink.h"

namespace anneal {

// "DEBUG" to "FATAL".
absl::string_view LevelName(LogLevel level);

// A moment in the local time zone.
struct LogTime {
  struct tm local;
  int64_t microseconds;
};

// mmengine's MMFormatter: "`moment` - `name` - INFO - text\n"; an error has its
// source file, function and line before the text. `has_color`: the level's name
// is coloured and underlined, what is wrong blinks.
std::string TextLine(const LogEntry& entry, absl::string_view moment,
                     absl::string_view name, bool has_color);

// {"time": "2026-11-24T12:00:00.000001+01:00", "level": "INFO", "name": ..,
// "rank": .., "message": .., "file": .., "function": .., "line": ..}\n: the
// same keys in every line; what is not UTF-8 becomes U+FFFD.
std::string JsonLine(const LogEntry& entry, const LogTime& time,
                     absl::string_view name, int rank);

}  // namespace anneal

#endif  // ANNEAL_LOGGING_LOG_LINE_H_
