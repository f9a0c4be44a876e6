// Where log lines go and how they look.
#ifndef ANNEAL_LOGGING_LOGGER_H_
#define ANNEAL_LOGGING_LOGGER_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "logging/log.h"

namespace anneal {

// Told before and after each line that goes to the terminal, so that a
// progress bar can make way.
class LineObserver {
 public:
  virtual ~LineObserver() = default;
  virtual void BeforeLine() = 0;
  virtual void AfterLine() = 0;
};

// The sink of ANNEAL_LOG: glog fans messages out, this class formats them as
// mmengine's MMLogger does:
//
//   11/24 12:00:00 - anneal - INFO - text              on the terminal
//   2026/11/24 12:00:00 - anneal - INFO - text         in the file
//
// Before Initialize, and on other ranks than the main one, only warnings and
// errors are shown, on the terminal. Thread-safe.
class Logger {
 public:
  struct Options {
    // DEBUG, INFO, WARNING or ERROR: what is below is dropped.
    std::string level = "INFO";
    bool is_main_rank = true;
    // The log file, opened anew; "": none.
    std::string path;
  };

  // Closes the file of an earlier call. InvalidArgument for an unknown level,
  // else the reason why the file can't be opened.
  static absl::Status Initialize(const Options& options);

  // Null: none.
  static void SetLineObserver(LineObserver* observer);

  // Whether lines go to a terminal.
  static bool IsTerminal();
};

}  // namespace anneal

#endif  // ANNEAL_LOGGING_LOGGER_H_
