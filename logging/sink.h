// The way from the macros to the logger.
#ifndef ANNEAL_LOGGING_SINK_H_
#define ANNEAL_LOGGING_SINK_H_

#include <string>

#include "logging/log.h"

namespace anneal {

// A message and where it was logged.
struct LogEntry {
  LogLevel level;
  const char* file;
  const char* function;
  int line;
  std::string text;
};

// Hands one message to the current logger.
void WriteToSink(const LogEntry& entry);

}  // namespace anneal

#endif  // ANNEAL_LOGGING_SINK_H_
