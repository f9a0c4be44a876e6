#include "logging/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "logging/logger.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStdout;

void SetLevel(const std::string& level) {
  Logger::Options options;
  options.level = level;
  ASSERT_TRUE(Logger::Initialize(options).ok());
}

TEST(Log, StreamsAnyPrintableValue) {
  SetLevel("INFO");
  CaptureStdout();

  ANNEAL_LOG(INFO) << "loss " << 0.5 << " at " << 3;

  EXPECT_THAT(GetCapturedStdout(), HasSubstr(" - INFO - loss 0.5 at 3\n"));
}

TEST(Log, LevelBelowIsNeitherShownNorEvaluated) {
  SetLevel("WARNING");
  int evaluated = 0;
  CaptureStdout();

  ANNEAL_LOG(INFO) << ++evaluated;

  EXPECT_EQ(GetCapturedStdout(), "");
  EXPECT_EQ(evaluated, 0);
}

TEST(Log, MacrosAreOneStatement) {
  SetLevel("INFO");
  CaptureStdout();

  // An else that bound to a macro's own if would be skipped here.
  if (false)
    ANNEAL_CHECK(true) << "unreached";
  else
    ANNEAL_LOG(INFO) << "else branch";

  EXPECT_THAT(GetCapturedStdout(), HasSubstr("else branch"));
}

TEST(Log, CheckThatHoldsEvaluatesNoText) {
  int evaluated = 0;

  ANNEAL_CHECK(1 + 1 == 2) << ++evaluated;

  EXPECT_EQ(evaluated, 0);
}

TEST(LogDeathTest, CheckNamesConditionPlaceAndText) {
  EXPECT_DEATH(
      ANNEAL_CHECK(1 > 2) << "the text",
      "FATAL - logging/log_test.cc - .* - check failed: 1 > 2 the text");
}

TEST(LogDeathTest, FatalEndsTheProcess) {
  EXPECT_DEATH(ANNEAL_LOG(FATAL) << "no way on",
               "FATAL - logging/log_test.cc - .* - no way on");
}

}  // namespace
}  // namespace anneal
