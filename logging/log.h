// The log of a program, by prefixed macros that live beside LibTorch's.
#ifndef ANNEAL_LOGGING_LOG_H_
#define ANNEAL_LOGGING_LOG_H_

#include <sstream>

namespace anneal {

enum class LogLevel { DEBUG, INFO, WARNING, ERROR };

// One message: collects what is streamed into it, logs it when destroyed.
class LogMessage {
 public:
  explicit LogMessage(LogLevel level) : level_(level) {}
  ~LogMessage();
  std::ostream& stream() { return stream_; }

 private:
  LogLevel level_;
  std::ostringstream stream_;
};

// A broken contract: prints the place and what is streamed, then aborts.
class CheckFailure {
 public:
  CheckFailure(const char* file, int line, const char* condition);
  [[noreturn]] ~CheckFailure();
  std::ostream& stream() { return stream_; }

 private:
  std::ostringstream stream_;
};

}  // namespace anneal

// ANNEAL_LOG(INFO) << "text"; level is DEBUG, INFO, WARNING or ERROR.
#define ANNEAL_LOG(level) \
  ::anneal::LogMessage(::anneal::LogLevel::level).stream()

// ANNEAL_CHECK(condition) << "text"; dies unless `condition` holds.
#define ANNEAL_CHECK(condition) \
  if (condition) {              \
  } else                        \
    ::anneal::CheckFailure(__FILE__, __LINE__, #condition).stream()

#endif  // ANNEAL_LOGGING_LOG_H_
