#include "logging/print_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "logging/logger.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStdout;

class PrintLogTest : public ::testing::Test {
 protected:
  void SetUp() override {
    Logger::Options options;
    options.instance_name = options.name = "other";
    ASSERT_TRUE(Logger::Initialize(options).ok());
    ASSERT_TRUE(Logger::Initialize({}).ok());
    CaptureStdout();
  }
};

TEST_F(PrintLogTest, WithoutALoggerIsAPlainLine) {
  ASSERT_TRUE(PrintLog("text").ok());

  EXPECT_EQ(GetCapturedStdout(), "text\n");
}

class CountingObserver : public LineObserver {
 public:
  void BeforeLine() override { ++num_before; }
  void AfterLine() override { ++num_after; }
  int num_before = 0;
  int num_after = 0;
};

TEST_F(PrintLogTest, WithoutALoggerABarMakesWay) {
  CountingObserver observer;
  Logger::SetLineObserver(&observer);
  ASSERT_TRUE(PrintLog("text").ok());
  Logger::SetLineObserver(nullptr);

  EXPECT_EQ(GetCapturedStdout(), "text\n");
  EXPECT_EQ(observer.num_before, 1);
  EXPECT_EQ(observer.num_after, 1);
}

TEST_F(PrintLogTest, SilentIsSilent) {
  ASSERT_TRUE(PrintLog("text", "silent", LogLevel::ERROR).ok());

  EXPECT_EQ(GetCapturedStdout(), "");
}

TEST_F(PrintLogTest, CurrentIsTheLoggerInitializedLast) {
  ASSERT_TRUE(PrintLog("text", "current").ok());

  EXPECT_THAT(GetCapturedStdout(), HasSubstr(" - anneal - INFO - text\n"));
}

TEST_F(PrintLogTest, NamePicksTheLogger) {
  ASSERT_TRUE(PrintLog("text", "other", LogLevel::WARNING).ok());

  EXPECT_THAT(GetCapturedStdout(), HasSubstr(" - other - WARNING - text\n"));
}

TEST_F(PrintLogTest, LevelBelowTheLoggersIsDropped) {
  ASSERT_TRUE(PrintLog("text", "current", LogLevel::DEBUG).ok());

  EXPECT_EQ(GetCapturedStdout(), "");
}

TEST_F(PrintLogTest, ErrorNamesTheCallersPlace) {
  ASSERT_TRUE(PrintLog("text", "current", LogLevel::ERROR).ok());

  EXPECT_THAT(GetCapturedStdout(),
              HasSubstr("ERROR - logging/print_log_test.cc - TestBody - "));
}

TEST_F(PrintLogTest, UnknownNameListsTheLoggers) {
  const absl::Status status = PrintLog("text", "missing");

  EXPECT_EQ(GetCapturedStdout(), "");
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("\"missing\""), HasSubstr("anneal, other")));
}

}  // namespace
}  // namespace anneal
