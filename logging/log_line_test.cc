#include "logging/log_line.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace anneal {
namespace {

LogTime At(int64_t offset_seconds) {
  LogTime time = {};
  time.local.tm_year = 126;
  time.local.tm_mon = 10;
  time.local.tm_mday = 24;
  time.local.tm_hour = 9;
  time.local.tm_sec = 7;
  time.local.tm_gmtoff = offset_seconds;
  time.microseconds = 42;
  return time;
}

LogEntry Entry(const std::string& text) {
  return {LogLevel::WARNING, "model/net.cc", "Forward", 12, text};
}

// By hand.
TEST(JsonLine, HasEveryKey) {
  EXPECT_EQ(JsonLine(Entry("text"), At(3600), "anneal", 3),
            R"({"time":"2026-11-24T09:00:07.000042+01:00","level":"WARNING",)"
            R"("name":"anneal","rank":3,"message":"text",)"
            R"("file":"model/net.cc","function":"Forward","line":12})"
            "\n");
}

TEST(JsonLine, TimeWestOfGreenwichHasAMinus) {
  const auto line = nlohmann::json::parse(
      JsonLine(Entry("text"), At(-(3 * 3600 + 1800)), "anneal", 0));

  EXPECT_EQ(line["time"], "2026-11-24T09:00:07.000042-03:30");
}

TEST(JsonLine, StaysOneLineWhateverTheTextHolds) {
  const std::string text = "two\nlines, \"quotes\", \\ and \x01";

  const std::string line = JsonLine(Entry(text), At(0), "anneal", 0);

  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_EQ(nlohmann::json::parse(line)["message"], text);
}

TEST(JsonLine, WhatIsNotUtf8IsReplaced) {
  const auto line =
      nlohmann::json::parse(JsonLine(Entry("a\xff"), At(0), "anneal", 0));

  EXPECT_EQ(line["message"], "a\xef\xbf\xbd");
}

}  // namespace
}  // namespace anneal
