// Where log lines go.
#ifndef ANNEAL_LOGGING_LOGGER_H_
#define ANNEAL_LOGGING_LOGGER_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "logging/log.h"
#include "logging/log_file.h"
#include "logging/log_line.h"
#include "logging/sink.h"

namespace anneal {

// Told before and after each line that goes to the terminal, so that a
// progress bar can make way. Must not log.
class LineObserver {
 public:
  virtual ~LineObserver() = default;
  virtual void BeforeLine() = 0;
  virtual void AfterLine() = 0;
};

// A named log, mmengine's MMLogger:
//
//   11/24 12:00:00 - anneal - INFO - text              on standard output
//   2026/11/24 12:00:00 - anneal - INFO - text         in the file
//
// An error names its source file, function and line before the text. A warning
// that was shown before is not shown again. FATAL goes to standard error.
// ANNEAL_LOG writes to the logger that was initialized last; before there is
// one, warnings and worse are shown, without a file. Thread-safe.
class Logger {
 public:
  enum class Color { kAuto, kAlways, kNever };

  struct Options {
    // What Find and PrintLog know the logger by.
    std::string instance_name = "anneal";
    // What its lines say.
    std::string name = "anneal";
    // DEBUG, INFO, WARNING or ERROR: what is below is dropped.
    std::string level = "INFO";
    // A rank other than 0 shows errors only, and writes no file unless
    // `distributed` is set or the level is DEBUG: then each of several ranks
    // writes a file of its own, RankLogPath's.
    int rank = 0;
    int world_size = 1;
    // Which of its machine's ranks this is; names the device in the file's
    // name, through CUDA_VISIBLE_DEVICES where that is set.
    int local_rank = 0;
    bool distributed = false;
    // The log file; "": none. See LogFile.
    std::string path;
    std::string file_mode = "w";
    int64_t max_bytes = 0;
    int backup_count = 5;
    // The file holds JsonLine's lines.
    bool json_lines = false;
    // Colours the level's name. kAuto: where standard output is a terminal,
    // unless NO_COLOR is set or TERM is dumb.
    Color color = Color::kAuto;
  };

  // Makes the logger of that instance name, or sets it up anew and closes its
  // file, and makes it the current one. InvalidArgument for an unknown level or
  // a wrong option of the file, else the reason why the file can't be opened;
  // all stays as it was then.
  static absl::Status Initialize(const Options& options);

  // The one that was initialized last. Lives as long as the process.
  static Logger* Current();
  // NotFound, with the names there are, where none was initialized so.
  static absl::StatusOr<Logger*> Find(absl::string_view instance_name);

  // Null: none. After it returns the earlier observer is told nothing more.
  static void SetLineObserver(LineObserver* observer);

  // Writes a line of no logger on standard output, as the loggers do: one at a
  // time, with the observer told.
  static void PrintLine(absl::string_view text);

  // Whether lines go to a terminal.
  static bool IsTerminal();

  // Whether a message of `level` goes anywhere. Costs a load.
  bool enabled(LogLevel level) const {
    return level >= level_.load(std::memory_order_relaxed);
  }
  void Log(const LogEntry& entry);

  // The file's path, this rank's where ranks have their own; "": none.
  std::string log_file() const;

 private:
  friend class LoggerIndex;

  Logger();

  absl::Status SetUp(const Options& options);
  // With the lock of all loggers held.
  void Write(const LogEntry& entry, const LogTime& time);
  bool RememberWarning(const std::string& warning);

  std::atomic<LogLevel> level_{LogLevel::WARNING};
  LogLevel terminal_level_ = LogLevel::WARNING;
  LogLevel file_level_ = LogLevel::WARNING;
  std::string name_ = "anneal";
  int rank_ = 0;
  bool json_lines_ = false;
  bool has_color_;
  std::unique_ptr<LogFile> file_;
  absl::flat_hash_set<std::string> seen_warnings_;
};

}  // namespace anneal

#endif  // ANNEAL_LOGGING_LOGGER_H_
