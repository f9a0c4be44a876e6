// Where log lines go and how they look.
#ifndef ANNEAL_LOGGING_LOGGER_H_
#define ANNEAL_LOGGING_LOGGER_H_

#include <string>

#include "absl/status/status.h"

namespace anneal {

// Told before and after each line that goes to the terminal, so that a
// progress bar can make way. Must not log.
class LineObserver {
 public:
  virtual ~LineObserver() = default;
  virtual void BeforeLine() = 0;
  virtual void AfterLine() = 0;
};

// The sink of ANNEAL_LOG: glog fans messages out, this class formats them as
// mmengine's MMLogger does:
//
//   11/24 12:00:00 - anneal - INFO - text              on standard output
//   2026/11/24 12:00:00 - anneal - INFO - text         in the file
//
// An error names its source file, function and line before the text. A warning
// that was shown before is not shown again. FATAL goes to standard error.
// Before Initialize warnings and worse are shown, without a file. Thread-safe.
class Logger {
 public:
  enum class Color { kAuto, kAlways, kNever };

  struct Options {
    std::string name = "anneal";
    // DEBUG, INFO, WARNING or ERROR: what is below is dropped.
    std::string level = "INFO";
    // Other ranks show errors only and write no file.
    bool is_main_rank = true;
    // The log file, opened anew; "": none.
    std::string path;
    // Colours the level's name. kAuto: where standard output is a terminal,
    // unless NO_COLOR is set or TERM is dumb.
    Color color = Color::kAuto;
  };

  // Replaces the set-up of an earlier call and closes its file.
  // InvalidArgument for an unknown level, else the reason why the file can't
  // be opened; the earlier set-up stays then.
  static absl::Status Initialize(const Options& options);

  // Null: none. After it returns the earlier observer is told nothing more.
  static void SetLineObserver(LineObserver* observer);

  // Whether lines go to a terminal.
  static bool IsTerminal();
};

}  // namespace anneal

#endif  // ANNEAL_LOGGING_LOGGER_H_
