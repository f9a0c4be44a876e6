#include "logging/logger.h"

#include <glog/logging.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr google::LogSeverity kSeverities[] = {
    google::GLOG_INFO, google::GLOG_INFO, google::GLOG_WARNING,
    google::GLOG_ERROR, google::GLOG_ERROR};
// Warnings that are remembered as shown.
constexpr size_t kMaxSeenWarnings = 1000;

bool UseColor(Logger::Color color) {
  if (color != Logger::Color::kAuto) return color == Logger::Color::kAlways;
  const char* term = std::getenv("TERM");
  return Logger::IsTerminal() && std::getenv("NO_COLOR") == nullptr &&
         (term == nullptr || std::strcmp(term, "dumb") != 0);
}

absl::StatusOr<LogLevel> ParseLevel(const std::string& name) {
  for (const LogLevel level :
       {LogLevel::DEBUG, LogLevel::INFO, LogLevel::WARNING, LogLevel::ERROR}) {
    if (LevelName(level) == name) return level;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "log_level is \"", name, "\"; it must be DEBUG, INFO, WARNING or ERROR"));
}

// "me@machine", as Python's getpass and socket have it; "" where either is
// unknown.
std::string Host() {
  char machine[256];
  if (gethostname(machine, sizeof(machine)) != 0) return "";
  for (const char* variable : {"LOGNAME", "USER", "LNAME", "USERNAME"}) {
    const char* user = std::getenv(variable);
    if (user != nullptr && *user != '\0') {
      return absl::StrCat(user, "@", machine);
    }
  }
  const struct passwd* user = getpwuid(getuid());
  return user == nullptr ? "" : absl::StrCat(user->pw_name, "@", machine);
}

// The device of the machine's `local_rank`-th rank: a number, or the name of a
// part of a GPU.
std::string DeviceId(int local_rank) {
  if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES")) {
    const std::vector<std::string> devices = absl::StrSplit(visible, ',');
    if (local_rank < devices.size() && !devices[local_rank].empty()) {
      return devices[local_rank];
    }
  }
  return absl::StrCat(local_rank);
}

void Print(std::FILE* stream, absl::string_view line) {
  std::fwrite(line.data(), 1, line.size(), stream);
  std::fflush(stream);
}

// One line at a time in the whole process: loggers share the terminal.
struct Terminal {
  std::mutex mutex;
  LineObserver* observer = nullptr;

  static Terminal& Get() {
    static Terminal* terminal = new Terminal;
    return *terminal;
  }
};

// Takes the terminal for a line. An observer that logs has it already: then
// Holds() is false.
class TerminalLock {
 public:
  TerminalLock() : holds_(!is_held_) {
    if (!holds_) return;
    Terminal::Get().mutex.lock();
    is_held_ = true;
  }
  ~TerminalLock() {
    if (!holds_) return;
    is_held_ = false;
    Terminal::Get().mutex.unlock();
  }
  TerminalLock(const TerminalLock&) = delete;
  TerminalLock& operator=(const TerminalLock&) = delete;

  bool Holds() const { return holds_; }

 private:
  static thread_local bool is_held_;  // by this thread

  const bool holds_;
};

thread_local bool TerminalLock::is_held_ = false;

// Takes one message from glog, with its moment, in place of glog's own sinks.
// The entry stays with the caller: glog has no DEBUG, and cuts texts at 30,000
// bytes, which a config may have.
class GlogSink : public google::LogSink {
 public:
  // `write` must outlive the sink.
  explicit GlogSink(absl::FunctionRef<void(const LogTime&)> write)
      : write_(write) {}

  void send(google::LogSeverity, const char*, const char*, int,
            const google::LogMessageTime& time, const char*, size_t) override {
    write_({time.tm(), time.usec()});
  }

 private:
  const absl::FunctionRef<void(const LogTime&)> write_;
};

// With the terminal held.
void PrintBesideBar(std::FILE* stream, absl::string_view line) {
  LineObserver* observer = Terminal::Get().observer;
  if (observer != nullptr) observer->BeforeLine();
  Print(stream, line);
  if (observer != nullptr) observer->AfterLine();
}

}  // namespace

// The loggers by their instances' names; never freed, as others may log at
// exit.
class LoggerIndex {
 public:
  static LoggerIndex& Get() {
    static LoggerIndex* index = new LoggerIndex;
    return *index;
  }

  Logger* current() const { return current_.load(std::memory_order_acquire); }

  absl::Status Initialize(const Logger::Options& options) {
    const std::lock_guard<std::mutex> lock(Terminal::Get().mutex);
    const auto it = by_name_.find(options.instance_name);
    if (it != by_name_.end()) {
      RETURN_IF_ERROR(it->second->SetUp(options));
      current_ = it->second.get();
      return absl::OkStatus();
    }
    std::unique_ptr<Logger> logger(new Logger);
    RETURN_IF_ERROR(logger->SetUp(options));
    current_ = logger.get();
    by_name_.emplace(options.instance_name, std::move(logger));
    return absl::OkStatus();
  }

  absl::StatusOr<Logger*> Find(absl::string_view instance_name) {
    const std::lock_guard<std::mutex> lock(Terminal::Get().mutex);
    const auto it = by_name_.find(instance_name);
    if (it != by_name_.end()) return it->second.get();
    return absl::NotFoundError(absl::StrCat(
        "no logger \"", instance_name, "\" has been initialized; there are ",
        by_name_.empty()
            ? "none"
            : absl::StrJoin(by_name_, ", ",
                            [](std::string* out, const auto& item) {
                              out->append(item.first);
                            })));
  }

 private:
  LoggerIndex() : current_(new Logger) {}

  std::atomic<Logger*> current_;
  std::map<std::string, std::unique_ptr<Logger>, std::less<>> by_name_;
};

bool LogEnabled(LogLevel level) { return Logger::Current()->enabled(level); }

void WriteToSink(const LogEntry& entry) { Logger::Current()->Log(entry); }

absl::Status Logger::Initialize(const Options& options) {
  return LoggerIndex::Get().Initialize(options);
}

Logger* Logger::Current() { return LoggerIndex::Get().current(); }

absl::StatusOr<Logger*> Logger::Find(absl::string_view instance_name) {
  return LoggerIndex::Get().Find(instance_name);
}

void Logger::SetLineObserver(LineObserver* observer) {
  const std::lock_guard<std::mutex> lock(Terminal::Get().mutex);
  Terminal::Get().observer = observer;
}

bool Logger::IsTerminal() { return isatty(STDOUT_FILENO) != 0; }

Logger::Logger() : has_color_(UseColor(Color::kAuto)) {}

void Logger::Log(const LogEntry& entry) {
  if (!enabled(entry.level)) return;
  const TerminalLock lock;
  if (!lock.Holds()) return Print(stderr, absl::StrCat(entry.text, "\n"));
  const auto write = [&](const LogTime& time) { Write(entry, time); };
  GlogSink sink(write);
  google::LogMessage(entry.file, entry.line,
                     kSeverities[static_cast<int>(entry.level)], &sink,
                     /*also_send_to_log=*/false);
}

void Logger::PrintLine(absl::string_view text) {
  const std::string line = absl::StrCat(text, "\n");
  const TerminalLock lock;
  if (!lock.Holds()) return Print(stderr, line);
  PrintBesideBar(stdout, line);
}

std::string Logger::log_file() const {
  const std::lock_guard<std::mutex> lock(Terminal::Get().mutex);
  return file_ == nullptr ? "" : file_->path();
}

absl::Status Logger::SetUp(const Options& options) {
  ASSIGN_OR_RETURN(const LogLevel level, ParseLevel(options.level));
  const bool is_distributed =
      (options.distributed || level == LogLevel::DEBUG) &&
      options.world_size > 1;
  std::unique_ptr<LogFile> file;
  if (!options.path.empty() && (options.rank == 0 || is_distributed)) {
    LogFile::Options file_options;
    file_options.path =
        is_distributed ? RankLogPath(options.path, Host(),
                                     DeviceId(options.local_rank), options.rank)
                       : options.path;
    file_options.file_mode = options.file_mode;
    file_options.max_bytes = options.max_bytes;
    file_options.backup_count = options.backup_count;
    ASSIGN_OR_RETURN(file, LogFile::Open(file_options));
  }
  terminal_level_ = options.rank == 0 ? level : LogLevel::ERROR;
  file_level_ = level;
  level_ = file == nullptr ? terminal_level_
                           : std::min(terminal_level_, file_level_);
  name_ = options.name;
  rank_ = options.rank;
  json_lines_ = options.json_lines;
  has_color_ = UseColor(options.color);
  file_ = std::move(file);
  seen_warnings_.clear();
  return absl::OkStatus();
}

void Logger::Write(const LogEntry& entry, const LogTime& time) {
  if (entry.level == LogLevel::WARNING && !RememberWarning(entry.text)) return;
  char moment[32];
  std::strftime(moment, sizeof(moment), "%Y/%m/%d %H:%M:%S", &time.local);
  if (entry.level >= terminal_level_) {
    // The terminal's lines have no year.
    PrintBesideBar(
        entry.level == LogLevel::FATAL ? stderr : stdout,
        TextLine(entry, std::strchr(moment, '/') + 1, name_, has_color_));
  }
  if (file_ == nullptr || entry.level < file_level_) return;
  file_->Write(json_lines_
                   ? JsonLine(entry, time, name_, rank_)
                   : TextLine(entry, moment, name_, /*has_color=*/false));
}

bool Logger::RememberWarning(const std::string& warning) {
  if (seen_warnings_.size() >= kMaxSeenWarnings) seen_warnings_.clear();
  return seen_warnings_.insert(warning).second;
}

}  // namespace anneal
