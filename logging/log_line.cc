#include "logging/log_line.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace anneal {
namespace {

constexpr absl::string_view kNames[] = {"DEBUG", "INFO", "WARNING", "ERROR",
                                        "FATAL"};
constexpr absl::string_view kColors[] = {
    "\x1b[4m\x1b[32m", "\x1b[4m\x1b[97m", "\x1b[5m\x1b[4m\x1b[33m",
    "\x1b[5m\x1b[4m\x1b[31m", "\x1b[5m\x1b[4m\x1b[31m"};
constexpr absl::string_view kResetColor = "\x1b[0m";

// "2026-11-24T12:00:00.000001+01:00".
std::string IsoTime(const LogTime& time) {
  char moment[32];
  std::strftime(moment, sizeof(moment), "%Y-%m-%dT%H:%M:%S", &time.local);
  const int64_t minutes = time.local.tm_gmtoff / 60;
  return absl::StrFormat("%s.%06d%c%02d:%02d", moment, time.microseconds,
                         minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                         std::abs(minutes) % 60);
}

}  // namespace

absl::string_view LevelName(LogLevel level) {
  return kNames[static_cast<int>(level)];
}

std::string TextLine(const LogEntry& entry, absl::string_view moment,
                     absl::string_view name, bool has_color) {
  std::string line =
      absl::StrCat(moment, " - ", name, " - ",
                   has_color ? kColors[static_cast<int>(entry.level)] : "",
                   LevelName(entry.level), has_color ? kResetColor : "", " - ");
  if (entry.level >= LogLevel::ERROR) {
    absl::StrAppend(&line, entry.file, " - ", entry.function, " - ", entry.line,
                    " - ");
  }
  absl::StrAppend(&line, entry.text, "\n");
  return line;
}

std::string JsonLine(const LogEntry& entry, const LogTime& time,
                     absl::string_view name, int rank) {
  const nlohmann::ordered_json line = {
      {"time", IsoTime(time)},
      {"level", std::string(LevelName(entry.level))},
      {"name", std::string(name)},
      {"rank", rank},
      {"message", entry.text},
      {"file", entry.file},
      {"function", entry.function},
      {"line", entry.line},
  };
  return absl::StrCat(
      line.dump(-1, ' ', false,
                nlohmann::ordered_json::error_handler_t::replace),
      "\n");
}

}  // namespace anneal
