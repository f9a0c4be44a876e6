// The way from the macros to glog.
#ifndef ANNEAL_LOGGING_SINK_H_
#define ANNEAL_LOGGING_SINK_H_

#include <string>

#include "logging/log.h"

namespace anneal {

// Hands one message to the sink behind Logger.
void WriteToSink(LogLevel level, const std::string& text);

}  // namespace anneal

#endif  // ANNEAL_LOGGING_SINK_H_
