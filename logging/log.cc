#include "logging/log.h"

#include <cstdlib>

#include "logging/sink.h"

namespace anneal {

LogMessage::~LogMessage() {
  WriteToSink({level_, file_, function_, line_, stream_.str()});
}

FatalMessage::FatalMessage(const char* file, const char* function, int line,
                           const char* reason)
    : file_(file), function_(function), line_(line) {
  if (*reason != '\0') stream_ << reason << " ";
}

FatalMessage::~FatalMessage() {
  WriteToSink({LogLevel::FATAL, file_, function_, line_, stream_.str()});
  std::abort();
}

}  // namespace anneal
