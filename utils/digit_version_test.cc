#include "utils/digit_version.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

TEST(DigitVersion, IsMmengines) {
  std::ifstream golden("utils/digit_version_golden.txt");
  std::string line;
  int count = 0;
  while (std::getline(golden, line)) {
    const std::vector<std::string> parts = absl::StrSplit(line, '|');
    const auto digits = DigitVersion(parts[0], std::stoi(parts[1]));
    EXPECT_EQ(digits.ok() ? absl::StrJoin(*digits, ",") : "error", parts[2])
        << line;
    ++count;
  }
  EXPECT_EQ(count, 108);
}

TEST(DigitVersion, ComparesAsVersionsDo) {
  const char* const ascending[] = {"1.2.dev1", "1.2a1", "1.2b1",     "1.2rc1",
                                   "1.2rc2",   "1.2",   "1.2.post1", "1.2.1"};
  for (size_t i = 1; i < std::size(ascending); ++i) {
    EXPECT_LT(*DigitVersion(ascending[i - 1]), *DigitVersion(ascending[i]))
        << ascending[i];
  }
}

TEST(DigitVersion, WhatIsNoVersionIsNamed) {
  const absl::Status status = DigitVersion("latest").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("\"latest\" is no version"));
}

TEST(DigitVersion, TooLargeNumberIsRefused) {
  const absl::Status status = DigitVersion("1.99999999999999999999").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("too large"));
}

TEST(DigitVersion, LongTextIsRefusedAtOnce) {
  EXPECT_EQ(DigitVersion(std::string(1000000, '1')).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace anneal
