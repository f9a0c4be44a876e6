#include "hooks/best_checkpoint_rule.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <string>

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

std::string Inferred(const std::string& metric,
                     std::vector<std::string> greater_keys = {},
                     std::vector<std::string> less_keys = {}) {
  const auto rule =
      InferBestRule(metric, std::move(greater_keys), std::move(less_keys));
  if (!rule.ok()) return "none";
  return *rule == BestRule::kGreater ? "greater" : "less";
}

TEST(BestCheckpointRule, IsInferredAsMmengineDoes) {
  std::ifstream golden("hooks/best_checkpoint_rule_golden.txt");
  std::string line;
  int num_metrics = 0;
  while (std::getline(golden, line)) {
    const size_t space = line.find(' ');
    const std::string metric = line.substr(0, space);
    EXPECT_EQ(Inferred(metric), line.substr(space + 1)) << metric;
    ++num_metrics;
  }
  EXPECT_EQ(num_metrics, 26);
}

TEST(BestCheckpointRule, OwnKeysReplaceTheDefaults) {
  EXPECT_EQ(Inferred("F1_macro", {"f1"}), "greater");
  EXPECT_EQ(Inferred("acc", {"f1"}), "none");
  EXPECT_EQ(Inferred("WER", {}, {"er"}), "less");
  EXPECT_EQ(Inferred("loss", {}, {"er"}), "none");
}

TEST(BestCheckpointRule, AWholeNameCountsBeforeAPart) {
  EXPECT_EQ(Inferred("topology_error", {"top"}, {"topology_error"}), "less");
}

TEST(BestCheckpointRule, SaysWhatToSetWhereTheNameTellsNothing) {
  const absl::Status status = InferBestRule("FID", {}, {}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"FID\""));
  EXPECT_THAT(std::string(status.message()), HasSubstr("rule"));
}

TEST(BestCheckpointRule, IsParsedFromItsWord) {
  EXPECT_EQ(*ParseBestRule("greater"), BestRule::kGreater);
  EXPECT_EQ(*ParseBestRule("less"), BestRule::kLess);
  const absl::Status status = ParseBestRule("Greater").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"Greater\""));
}

TEST(BestCheckpointRule, ComparesStrictly) {
  EXPECT_TRUE(IsBetter(BestRule::kGreater, 2, 1));
  EXPECT_FALSE(IsBetter(BestRule::kGreater, 1, 2));
  EXPECT_TRUE(IsBetter(BestRule::kLess, 1, 2));
  EXPECT_FALSE(IsBetter(BestRule::kLess, 2, 1));
  EXPECT_FALSE(IsBetter(BestRule::kGreater, 1, 1));
  EXPECT_FALSE(IsBetter(BestRule::kLess, 1, 1));
}

TEST(BestCheckpointRule, NaNIsNeverBetterNorBeaten) {
  for (const BestRule rule : {BestRule::kGreater, BestRule::kLess}) {
    EXPECT_FALSE(IsBetter(rule, std::nan(""), WorstValue(rule)));
    EXPECT_FALSE(IsBetter(rule, 1, std::nan("")));
  }
}

TEST(BestCheckpointRule, AnyFiniteNumberBeatsTheWorst) {
  EXPECT_TRUE(
      IsBetter(BestRule::kGreater, -1e300, WorstValue(BestRule::kGreater)));
  EXPECT_TRUE(IsBetter(BestRule::kLess, 1e300, WorstValue(BestRule::kLess)));
  EXPECT_FALSE(
      IsBetter(BestRule::kLess, kInfinity, WorstValue(BestRule::kLess)));
}

}  // namespace
}  // namespace anneal
