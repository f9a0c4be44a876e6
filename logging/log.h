// The log of a program, by prefixed macros that live beside LibTorch's.
#ifndef ANNEAL_LOGGING_LOG_H_
#define ANNEAL_LOGGING_LOG_H_

#include <sstream>

// ANNEAL_LOG(INFO) << "text"; level is DEBUG, INFO, WARNING, ERROR or FATAL.
// What is streamed is not evaluated where the level is not logged. FATAL ends
// the process.
#define ANNEAL_LOG(level) ANNEAL_LOG_##level

// ANNEAL_CHECK(condition) << "text"; dies unless `condition` holds.
#define ANNEAL_CHECK(condition) \
  (condition)                   \
      ? static_cast<void>(0)    \
      : ::anneal::Voidify() & ANNEAL_FATAL("check failed: " #condition)

namespace anneal {

enum class LogLevel { DEBUG, INFO, WARNING, ERROR, FATAL };

// Whether a message of `level` goes anywhere. Costs a load.
bool LogEnabled(LogLevel level);

// One message: collects what is streamed into it, logs it when destroyed.
class LogMessage {
 public:
  LogMessage(LogLevel level, const char* file, const char* function, int line)
      : level_(level), file_(file), function_(function), line_(line) {}
  ~LogMessage();
  LogMessage(const LogMessage&) = delete;
  LogMessage& operator=(const LogMessage&) = delete;

  std::ostream& stream() { return stream_; }

 private:
  LogLevel level_;
  const char* file_;
  const char* function_;
  int line_;
  std::ostringstream stream_;
};

// A last message: logs the place and what is streamed, then aborts.
class FatalMessage {
 public:
  // `reason` is the message's beginning; "": none.
  FatalMessage(const char* file, const char* function, int line,
               const char* reason);
  [[noreturn]] ~FatalMessage();
  FatalMessage(const FatalMessage&) = delete;
  FatalMessage& operator=(const FatalMessage&) = delete;

  std::ostream& stream() { return stream_; }

 private:
  const char* file_;
  const char* function_;
  int line_;
  std::ostringstream stream_;
};

// Makes a stream an operand of ?: beside void; binds weaker than << does.
struct Voidify {
  void operator&(std::ostream&) const {}
};

}  // namespace anneal

#define ANNEAL_LOG_DEBUG ANNEAL_LOG_AT(::anneal::LogLevel::DEBUG)
#define ANNEAL_LOG_INFO ANNEAL_LOG_AT(::anneal::LogLevel::INFO)
#define ANNEAL_LOG_WARNING ANNEAL_LOG_AT(::anneal::LogLevel::WARNING)
#define ANNEAL_LOG_ERROR ANNEAL_LOG_AT(::anneal::LogLevel::ERROR)
#define ANNEAL_LOG_FATAL ANNEAL_FATAL("")

#define ANNEAL_LOG_AT(level)   \
  !::anneal::LogEnabled(level) \
      ? static_cast<void>(0)   \
      : ::anneal::Voidify() &  \
            ::anneal::LogMessage(level, __FILE__, __func__, __LINE__).stream()

#define ANNEAL_FATAL(reason) \
  ::anneal::FatalMessage(__FILE__, __func__, __LINE__, reason).stream()

#endif  // ANNEAL_LOGGING_LOG_H_
