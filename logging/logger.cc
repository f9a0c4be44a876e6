#include "logging/logger.h"

#include <glog/logging.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <ctime>
#include <map>
#include <memory>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "logging/sink.h"
#include "utils/path.h"

namespace anneal {
namespace {

constexpr absl::string_view kNames[] = {"DEBUG", "INFO", "WARNING", "ERROR"};
// mmengine's colours of the level's name: cyan, green, yellow, red.
constexpr absl::string_view kColors[] = {"\x1b[36m", "\x1b[32m", "\x1b[33m",
                                         "\x1b[31m"};

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Formats what glog gives it, for the terminal and the file. Level and text
// travel beside glog's message: it has no DEBUG, and cuts texts at 30,000
// bytes, which a config may have.
class Sink : public google::LogSink {
 public:
  static Sink& Get() {
    static Sink* sink = new Sink;
    return *sink;
  }

  void Write(LogLevel level, const std::string& text) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      if (level < level_) return;
    }
    message_ = {level, &text};
    static constexpr google::LogSeverity kSeverities[] = {
        google::GLOG_INFO, google::GLOG_INFO, google::GLOG_WARNING,
        google::GLOG_ERROR};
    google::LogMessage("", 0, kSeverities[static_cast<int>(level)], this,
                       /*also_send_to_log=*/false);
  }

  void send(google::LogSeverity, const char*, const char*, int,
            const struct ::tm* time, const char*, size_t) override {
    const std::string& text = *message_.text;
    char date[16];
    char clock[16];
    std::strftime(date, sizeof(date), "%m/%d", time);
    std::strftime(clock, sizeof(clock), "%H:%M:%S", time);
    const int level = static_cast<int>(message_.level);
    std::lock_guard<std::mutex> lock(mutex_);
    if (observer_ != nullptr) observer_->BeforeLine();
    const absl::string_view color = is_terminal_ ? kColors[level] : "";
    const absl::string_view reset = is_terminal_ ? "\x1b[0m" : "";
    Print(stdout, absl::StrCat(date, " ", clock, " - anneal - ", color,
                               kNames[level], reset, " - ", text, "\n"));
    if (observer_ != nullptr) observer_->AfterLine();
    if (file_ != nullptr) {
      Print(file_.get(),
            absl::StrCat(1900 + time->tm_year, "/", date, " ", clock,
                         " - anneal - ", kNames[level], " - ", text, "\n"));
    }
  }

  absl::Status Initialize(const Logger::Options& options) {
    std::lock_guard<std::mutex> lock(mutex_);
    int level = 0;
    while (level < 4 && kNames[level] != options.level) ++level;
    if (level == 4) {
      return absl::InvalidArgumentError(
          absl::StrCat("log_level is \"", options.level,
                       "\"; it must be DEBUG, INFO, WARNING or ERROR"));
    }
    file_.reset();
    level_ = static_cast<LogLevel>(level);
    if (!options.is_main_rank) level_ = std::max(level_, LogLevel::WARNING);
    if (options.path.empty()) return absl::OkStatus();
    file_.reset(std::fopen(options.path.c_str(), "w"));
    if (file_ == nullptr) {
      return ErrnoStatus(errno, "open the log file", options.path);
    }
    return absl::OkStatus();
  }

  void set_observer(LineObserver* observer) {
    std::lock_guard<std::mutex> lock(mutex_);
    observer_ = observer;
  }
  bool is_terminal() const { return is_terminal_; }

 private:
  static void Print(std::FILE* file, const std::string& line) {
    std::fwrite(line.data(), 1, line.size(), file);
    std::fflush(file);
  }

  // The message that this thread hands to glog.
  struct Message {
    LogLevel level = LogLevel::INFO;
    const std::string* text = nullptr;
  };
  static thread_local Message message_;

  const bool is_terminal_ = isatty(STDOUT_FILENO) != 0;
  std::mutex mutex_;
  LogLevel level_ = LogLevel::WARNING;
  std::unique_ptr<std::FILE, FileCloser> file_;
  LineObserver* observer_ = nullptr;
};

thread_local Sink::Message Sink::message_;

}  // namespace

void WriteToSink(LogLevel level, const std::string& text) {
  Sink::Get().Write(level, text);
}

absl::Status Logger::Initialize(const Options& options) {
  return Sink::Get().Initialize(options);
}

void Logger::SetLineObserver(LineObserver* observer) {
  Sink::Get().set_observer(observer);
}

bool Logger::IsTerminal() { return Sink::Get().is_terminal(); }

}  // namespace anneal
