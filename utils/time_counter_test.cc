#include "utils/time_counter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "logging/logger.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStdout;

absl::Duration now;

absl::Duration FakeTime() { return now; }

// Runs of 1, 2, .. 7 ms.
std::string Lines(const TimeCounter::Options& options) {
  TimeCounter counter(options, &FakeTime);
  CaptureStdout();
  for (int i = 1; i <= 7; ++i) {
    TimeCounter::Run run(&counter);
    now += absl::Milliseconds(i);
  }
  return GetCapturedStdout();
}

TEST(TimeCounter, PrintsMmenginesLines) {
  std::ifstream golden("utils/time_counter_golden.txt");
  const std::string expected{std::istreambuf_iterator<char>(golden), {}};
  std::string lines;
  std::istringstream cases(expected);
  std::string line;
  int num_cases = 0;
  while (std::getline(cases, line)) {
    if (line.rfind("case ", 0) != 0) continue;
    ++num_cases;
    TimeCounter::Options options;
    options.tag = "block";
    std::istringstream words(line.substr(5));
    words >> options.log_interval >> options.warmup_interval;
    absl::StrAppend(&lines, line, "\n", Lines(options));
  }

  EXPECT_EQ(num_cases, 5);
  EXPECT_EQ(lines, expected);
}

TEST(TimeCounter, LineGoesToTheLoggerOfChoice) {
  ASSERT_TRUE(Logger::Initialize({}).ok());
  TimeCounter::Options options;
  options.tag = "block";
  options.log_interval = 7;
  options.logger = "current";

  EXPECT_THAT(Lines(options),
              HasSubstr(" - anneal - INFO - [block]-time per run averaged in "
                        "the past 7 runs: 4.0 ms\n"));
}

TEST(TimeCounter, MissingLoggerIsAWarning) {
  ASSERT_TRUE(Logger::Initialize({}).ok());
  TimeCounter::Options options;
  options.tag = "block";
  options.logger = "absent";

  EXPECT_THAT(Lines(options),
              HasSubstr("WARNING - no logger \"absent\" has been initialized"));
}

TEST(TimeCounterDeathTest, NeedsATagAndIntervals) {
  TimeCounter::Options options;
  EXPECT_DEATH(TimeCounter{options}, "needs a tag");
  options.tag = "block";
  options.log_interval = 0;
  EXPECT_DEATH(TimeCounter{options}, "log_interval is 0");
  options.log_interval = 1;
  options.warmup_interval = 0;
  EXPECT_DEATH(TimeCounter{options}, "warmup_interval is 0");
}

}  // namespace
}  // namespace anneal
