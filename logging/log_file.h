// A log's file.
#ifndef ANNEAL_LOGGING_LOG_FILE_H_
#define ANNEAL_LOGGING_LOG_FILE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

// Each line is with the system when Write returns. Before a line that would
// bring the file to `max_bytes`, "run.log" becomes "run.log.1", that
// "run.log.2" and so on; `backup_count` of them are kept, as Python's
// RotatingFileHandler keeps them. Not thread-safe.
class LogFile {
 public:
  struct Options {
    std::string path;
    // "w" opens anew, "a" goes on at the end.
    std::string file_mode = "w";
    // 0: the file grows without end.
    int64_t max_bytes = 0;
    int backup_count = 5;
  };

  // InvalidArgument for a wrong option, else why the file can't be opened.
  static absl::StatusOr<std::unique_ptr<LogFile>> Open(const Options& options);
  ~LogFile();
  LogFile(const LogFile&) = delete;
  LogFile& operator=(const LogFile&) = delete;

  // A line that can't be written is missing in the file. The first time, the
  // reason goes to standard error; the run goes on.
  void Write(absl::string_view line);

  const std::string& path() const { return options_.path; }

 private:
  explicit LogFile(Options options) : options_(std::move(options)) {}

  // Opens options_.path with `flags` beside those of every log.
  absl::Status OpenAt(int flags);
  absl::Status Append(absl::string_view line);
  absl::Status Rotate();

  Options options_;
  int file_ = -1;
  int64_t size_ = 0;
  bool has_failed_ = false;
};

// mmengine's name of a rank's own log: "logs/run.log" becomes
// "logs/run_me@host_device0_rank3.log"; "run_device0_rank3.log" for an empty
// `host`.
std::string RankLogPath(const std::string& path, absl::string_view host,
                        absl::string_view device, int rank);

}  // namespace anneal

#endif  // ANNEAL_LOGGING_LOG_FILE_H_
