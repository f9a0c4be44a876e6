#include "logging/logger.h"

#include <glog/logging.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <memory>
#include <mutex>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "logging/sink.h"
#include "utils/errno_status.h"

namespace anneal {
namespace {

constexpr absl::string_view kNames[] = {"DEBUG", "INFO", "WARNING", "ERROR",
                                        "FATAL"};
// As MMFormatter: underlined, what is wrong blinks.
constexpr absl::string_view kColors[] = {
    "\x1b[4m\x1b[32m", "\x1b[4m\x1b[97m", "\x1b[5m\x1b[4m\x1b[33m",
    "\x1b[5m\x1b[4m\x1b[31m", "\x1b[5m\x1b[4m\x1b[31m"};
constexpr absl::string_view kResetColor = "\x1b[0m";
constexpr google::LogSeverity kSeverities[] = {
    google::GLOG_INFO, google::GLOG_INFO, google::GLOG_WARNING,
    google::GLOG_ERROR, google::GLOG_ERROR};
// Warnings that are remembered as shown.
constexpr size_t kMaxSeenWarnings = 1000;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

bool UseColor(Logger::Color color) {
  if (color != Logger::Color::kAuto) return color == Logger::Color::kAlways;
  const char* term = std::getenv("TERM");
  return Logger::IsTerminal() && std::getenv("NO_COLOR") == nullptr &&
         (term == nullptr || std::strcmp(term, "dumb") != 0);
}

bool Print(std::FILE* file, const std::string& line) {
  const bool is_whole =
      std::fwrite(line.data(), 1, line.size(), file) == line.size();
  return std::fflush(file) == 0 && is_whole;
}

// Formats what glog gives it, for the terminal and the file. The record travels
// beside glog's message: that has no DEBUG, and cuts texts at 30,000 bytes,
// which a config may have.
class Sink : public google::LogSink {
 public:
  static Sink& Get() {
    static Sink* sink = new Sink;
    return *sink;
  }

  bool enabled(LogLevel level) const {
    return level >= level_.load(std::memory_order_relaxed);
  }

  void Write(const LogEntry& record) {
    if (!enabled(record.level)) return;
    if (record_ != nullptr) {
      // An observer logs: the lock is held by this very thread.
      Print(stderr, absl::StrCat(record.text, "\n"));
      return;
    }
    record_ = &record;
    google::LogMessage(record.file, record.line,
                       kSeverities[static_cast<int>(record.level)], this,
                       /*also_send_to_log=*/false);
    record_ = nullptr;
  }

  void send(google::LogSeverity, const char*, const char*, int,
            const struct ::tm* time, const char*, size_t) override {
    const LogEntry& record = *record_;
    const std::lock_guard<std::mutex> lock(mutex_);
    if (record.level == LogLevel::WARNING && !Remember(record.text)) return;
    char date[16];
    char clock[16];
    std::strftime(date, sizeof(date), "%m/%d", time);
    std::strftime(clock, sizeof(clock), "%H:%M:%S", time);
    const std::string moment = absl::StrCat(date, " ", clock);
    std::FILE* console = record.level == LogLevel::FATAL ? stderr : stdout;
    if (observer_ != nullptr) observer_->BeforeLine();
    Print(console, Line(moment, record, has_color_));
    if (observer_ != nullptr) observer_->AfterLine();
    if (file_ == nullptr) return;
    if (!Print(file_.get(),
               Line(absl::StrCat(1900 + time->tm_year, "/", moment), record,
                    /*has_color=*/false))) {
      ReportFileError();
    }
  }

  absl::Status Initialize(const Logger::Options& options) {
    const auto* level =
        std::find(std::begin(kNames), std::end(kNames) - 1, options.level);
    if (level == std::end(kNames) - 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("log_level is \"", options.level,
                       "\"; it must be DEBUG, INFO, WARNING or ERROR"));
    }
    File file;
    if (!options.path.empty() && options.is_main_rank) {
      file.reset(std::fopen(options.path.c_str(), "we"));
      if (file == nullptr) {
        return ErrnoStatus(errno, Access::kWrite, "open the log file",
                           options.path);
      }
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    level_ = options.is_main_rank
                 ? static_cast<LogLevel>(level - std::begin(kNames))
                 : LogLevel::ERROR;
    name_ = options.name;
    has_color_ = UseColor(options.color);
    path_ = options.path;
    file_ = std::move(file);
    file_failed_ = false;
    seen_warnings_.clear();
    return absl::OkStatus();
  }

  void set_observer(LineObserver* observer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    observer_ = observer;
  }

 private:
  std::string Line(absl::string_view time, const LogEntry& record,
                   bool has_color) const {
    const int level = static_cast<int>(record.level);
    const std::string place =
        record.level >= LogLevel::ERROR
            ? absl::StrCat(record.file, " - ", record.function, " - ",
                           record.line, " - ")
            : "";
    return absl::StrCat(time, " - ", name_, " - ",
                        has_color ? kColors[level] : "", kNames[level],
                        has_color ? kResetColor : "", " - ", place, record.text,
                        "\n");
  }

  // Whether the warning is new.
  bool Remember(const std::string& warning) {
    if (seen_warnings_.size() >= kMaxSeenWarnings) seen_warnings_.clear();
    return seen_warnings_.insert(warning).second;
  }

  void ReportFileError() {
    const int error = errno;
    std::clearerr(file_.get());
    if (file_failed_) return;
    file_failed_ = true;
    Print(stderr, absl::StrCat(ErrnoStatus(error, Access::kWrite,
                                           "write the log file", path_)
                                   .message(),
                               "; lines are missing there\n"));
  }

  // What this thread hands to glog.
  static thread_local const LogEntry* record_;

  std::atomic<LogLevel> level_{LogLevel::WARNING};
  std::mutex mutex_;
  std::string name_ = "anneal";
  bool has_color_ = UseColor(Logger::Color::kAuto);
  std::string path_;
  File file_;
  bool file_failed_ = false;
  absl::flat_hash_set<std::string> seen_warnings_;
  LineObserver* observer_ = nullptr;
};

thread_local const LogEntry* Sink::record_ = nullptr;

}  // namespace

bool LogEnabled(LogLevel level) { return Sink::Get().enabled(level); }

void WriteToSink(const LogEntry& record) { Sink::Get().Write(record); }

absl::Status Logger::Initialize(const Options& options) {
  return Sink::Get().Initialize(options);
}

void Logger::SetLineObserver(LineObserver* observer) {
  Sink::Get().set_observer(observer);
}

bool Logger::IsTerminal() { return isatty(STDOUT_FILENO) != 0; }

}  // namespace anneal
