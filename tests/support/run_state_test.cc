#include "tests/support/run_state.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

Dict Checkpoint(const std::string& folder, const std::string& best,
                int64_t time, int64_t iter) {
  return Dict{{"meta", Dict{{"time", time}, {"iter", iter}}},
              {"message_hub", Dict{{"best_ckpt_acc", folder + "/" + best},
                                   {"last_ckpt", folder + "/epoch_2.pth"}}}};
}

TEST(RunState, IsTheSameInAnotherFolderAtAnotherTime) {
  EXPECT_TRUE(BitIdentical(RunState(Checkpoint("/a", "best_1.pth", 1, 5)),
                           RunState(Checkpoint("/b", "best_1.pth", 2, 5))));
}

TEST(RunState, HasTheNameOfTheBestCheckpoint) {
  EXPECT_FALSE(BitIdentical(RunState(Checkpoint("/a", "best_1.pth", 1, 5)),
                            RunState(Checkpoint("/a", "best_2.pth", 1, 5))));
}

TEST(RunState, HasWhatCounts) {
  EXPECT_FALSE(BitIdentical(RunState(Checkpoint("/a", "best_1.pth", 1, 5)),
                            RunState(Checkpoint("/a", "best_1.pth", 1, 6))));
}

TEST(RunState, LooksIntoLists) {
  const auto ranks = [](int64_t time, int64_t loss) {
    return Dict{{"ranks", Value::List{Dict{{"train/time", time},
                                           {"train/loss", loss}}}}};
  };

  EXPECT_TRUE(BitIdentical(RunState(ranks(1, 5)), RunState(ranks(2, 5))));
  EXPECT_FALSE(BitIdentical(RunState(ranks(1, 5)), RunState(ranks(1, 6))));
}

}  // namespace
}  // namespace anneal
