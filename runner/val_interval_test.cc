#include "runner/val_interval.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace anneal {
namespace {

using Dynamic = google::protobuf::RepeatedPtrField<DynamicInterval>;
using ::testing::HasSubstr;

// "11:2,15:1"; "-" is none.
Dynamic ParseDynamic(const std::string& text) {
  Dynamic dynamic;
  if (text == "-") return dynamic;
  for (absl::string_view item : absl::StrSplit(text, ',')) {
    const std::pair<std::string, std::string> parts = absl::StrSplit(item, ':');
    DynamicInterval* added = dynamic.Add();
    added->set_begin(std::stoll(parts.first));
    added->set_interval(std::stoll(parts.second));
  }
  return dynamic;
}

TEST(ValInterval, IsDueWhenMmengineValidates) {
  std::ifstream golden("runner/val_interval_golden.txt");
  int num_cases = 0;
  for (std::string line; std::getline(golden, line); ++num_cases) {
    int64_t begin;
    int64_t interval;
    std::string dynamic;
    std::string expected;
    std::istringstream(line) >> begin >> interval >> dynamic >> expected;

    const auto rule =
        ValInterval::Create(begin, interval, ParseDynamic(dynamic));

    ASSERT_TRUE(rule.ok()) << rule.status();
    std::vector<int> due;
    for (int epoch = 1; epoch <= 20; ++epoch) {
      if (rule->IsDue(epoch)) due.push_back(epoch);
    }
    EXPECT_EQ(absl::StrJoin(due, ","), expected) << line;
  }
  EXPECT_EQ(num_cases, 8);
}

TEST(ValInterval, TellsWhetherATrainingHasAnyValidation) {
  EXPECT_TRUE(ValInterval::Create(1, 5, Dynamic())->IsEverDue(5));
  EXPECT_FALSE(ValInterval::Create(1, 5, Dynamic())->IsEverDue(4));
  EXPECT_FALSE(ValInterval::Create(6, 5, Dynamic())->IsEverDue(9));
  EXPECT_TRUE(ValInterval::Create(6, 5, Dynamic())->IsEverDue(10));
  EXPECT_TRUE(ValInterval::Create(1, 1000, ParseDynamic("7:3"))->IsEverDue(9));
  EXPECT_FALSE(ValInterval::Create(1, 1000, ParseDynamic("7:5"))->IsEverDue(9));
  EXPECT_FALSE(ValInterval::Create(0, 1, Dynamic())->IsEverDue(0));
}

TEST(ValInterval, IsNeverDueBeforeAnythingIsTrained) {
  EXPECT_FALSE(ValInterval::Create(0, 1, Dynamic())->IsDue(0));
}

TEST(ValInterval, RefusesAnIntervalBelowOne) {
  const absl::Status status = ValInterval::Create(1, 0, Dynamic()).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("interval is 0"));
}

TEST(ValInterval, RefusesADynamicIntervalBelowOne) {
  const absl::Status status =
      ValInterval::Create(1, 1, ParseDynamic("3:-2")).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("interval is -2"));
}

TEST(ValInterval, RefusesMilestonesOutOfOrder) {
  const absl::Status status =
      ValInterval::Create(1, 1, ParseDynamic("5:1,5:2")).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("begin 5 does not come after 5"));
}

}  // namespace
}  // namespace anneal
