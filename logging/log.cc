#include "logging/log.h"

#include <glog/logging.h>

#include <cstdlib>
#include <iostream>

#include "logging/sink.h"

namespace anneal {

LogMessage::~LogMessage() { WriteToSink(level_, stream_.str()); }

CheckFailure::CheckFailure(const char* file, int line, const char* condition) {
  stream_ << file << ":" << line << ": check failed: " << condition << " ";
}

CheckFailure::~CheckFailure() {
  std::cerr << stream_.str() << std::endl;
  std::abort();
}

}  // namespace anneal
