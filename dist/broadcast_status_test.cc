#include "dist/broadcast_status.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support/fake_rank.h"

namespace anneal::dist {
namespace {

TEST(BroadcastStatus, GivesEveryRankThatOfTheSource) {
  Wire wire;
  const auto source = FakeRank(0, 2, &wire);
  const auto other = FakeRank(1, 2, &wire);
  const absl::Status error = absl::DataLossError("the file is cut");

  EXPECT_EQ(BroadcastStatus(*source, error, 0), error);
  EXPECT_EQ(BroadcastStatus(*other, absl::OkStatus(), 0), error);
  EXPECT_FALSE(IsBroadcastFailure(error));
}

TEST(BroadcastStatus, IsOkWhereTheSourceIs) {
  Wire wire;
  const auto source = FakeRank(0, 2, &wire);
  const auto other = FakeRank(1, 2, &wire);

  EXPECT_TRUE(BroadcastStatus(*source, absl::OkStatus(), 0).ok());
  EXPECT_TRUE(
      BroadcastStatus(*other, absl::InternalError("not asked"), 0).ok());
}

TEST(BroadcastStatus, FailsWhereTheRanksCannotTalk) {
  const auto alone = FakeRank(0, 2);

  const absl::Status status = BroadcastStatus(*alone, absl::OkStatus(), 0);

  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
  EXPECT_TRUE(IsBroadcastFailure(status));
}

}  // namespace
}  // namespace anneal::dist
