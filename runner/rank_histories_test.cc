#include "runner/rank_histories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "logging/message_hub.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

MessageHub HubOf(const std::vector<double>& losses) {
  MessageHub hub;
  for (const double loss : losses) hub.UpdateScalar("train/loss", loss);
  return hub;
}

TEST(RankHistories, AHubTakesTheNewestValuesOfAnother) {
  MessageHub main = HubOf({1, 2, 3});
  main.UpdateInfo("epoch", 7);
  const Dict newest = *NewestValues(HubOf({4, 5, 6}).state_dict());

  const Value state = *WithNewestValues(main.state_dict(), Value(newest));

  MessageHub loaded;
  ASSERT_TRUE(loaded.LoadStateDict(state).ok());
  EXPECT_THAT(loaded.FindScalar("train/loss")->values(), ElementsAre(4, 5, 6));
  EXPECT_THAT(loaded.FindScalar("train/loss")->counts(), ElementsAre(1, 1, 1));
  EXPECT_EQ(*loaded.GetInfo("epoch")->AsInt(""), 7);
}

TEST(RankHistories, OfALongHistoryOnlyTheEndIsTaken) {
  const int64_t size = kNewestValues + 2;
  const Dict newest =
      *NewestValues(HubOf(std::vector<double>(size, 1)).state_dict());

  const Value state = *WithNewestValues(
      HubOf(std::vector<double>(size, 0)).state_dict(), Value(newest));

  MessageHub loaded;
  ASSERT_TRUE(loaded.LoadStateDict(state).ok());
  const auto values = loaded.FindScalar("train/loss")->values();
  ASSERT_EQ(values.size(), size);
  EXPECT_THAT(values.subspan(0, 3), ElementsAre(0, 0, 1));
  EXPECT_EQ(values.back(), 1);
}

TEST(RankHistories, WhatOnlyOneRankHasStays) {
  MessageHub main = HubOf({1});
  main.UpdateScalar("val/time", 2);
  MessageHub other;
  other.UpdateScalar("train/other", 3);

  const Value state = *WithNewestValues(
      main.state_dict(), Value(*NewestValues(other.state_dict())));

  MessageHub loaded;
  ASSERT_TRUE(loaded.LoadStateDict(state).ok());
  EXPECT_THAT(loaded.FindScalar("train/loss")->values(), ElementsAre(1));
  EXPECT_THAT(loaded.FindScalar("val/time")->values(), ElementsAre(2));
  EXPECT_EQ(loaded.FindScalar("train/other"), nullptr);
}

TEST(RankHistories, AShorterHistoryStays) {
  const Dict newest = *NewestValues(HubOf({4, 5}).state_dict());

  const Value state = *WithNewestValues(HubOf({1}).state_dict(), Value(newest));

  MessageHub loaded;
  ASSERT_TRUE(loaded.LoadStateDict(state).ok());
  EXPECT_THAT(loaded.FindScalar("train/loss")->values(), ElementsAre(1));
}

TEST(RankHistories, SaysWhatIsNoHistory) {
  const Value hub = HubOf({1}).state_dict();

  const absl::Status list = WithNewestValues(hub, Value(1)).status();
  const absl::Status entry =
      WithNewestValues(hub, Dict{{"train/loss", Dict{}}}).status();
  const absl::Status no_hub = NewestValues(Dict{}).status();

  EXPECT_EQ(list.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(list.message()), HasSubstr("rank_histories"));
  EXPECT_EQ(entry.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(entry.message()), HasSubstr("train/loss"));
  EXPECT_EQ(no_hub.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(no_hub.message()), HasSubstr("log_scalars"));
}

}  // namespace
}  // namespace anneal
