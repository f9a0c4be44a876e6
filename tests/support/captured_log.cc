#include "tests/support/captured_log.h"

#include <gtest/gtest.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "logging/log.h"
#include "logging/logger.h"

namespace anneal {

CapturedLog::CapturedLog() {
  static int num_logs = 0;
  path_ = absl::StrCat(::testing::TempDir(), "/captured_", ++num_logs, ".log");
  Logger::Options options;
  options.level = "DEBUG";
  options.path = path_;
  const absl::Status status = Logger::Initialize(options);
  ANNEAL_CHECK(status.ok()) << status.message();
}

std::vector<std::string> CapturedLog::Lines() const {
  const std::string mark = " - anneal - ";
  std::ifstream file(path_);
  std::vector<std::string> lines;
  std::string line;
  while (std::getline(file, line)) {
    const size_t at = line.find(mark);
    lines.push_back(at == line.npos ? line : line.substr(at + mark.size()));
  }
  return lines;
}

}  // namespace anneal
