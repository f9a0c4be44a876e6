#include "fileio/pickle/pickle_stack.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class PickleStackTest : public ::testing::Test {
 protected:
  PickleNode a_, b_, c_;
  PickleStack stack_{/*max_stack=*/3, /*max_memo=*/2};
};

void ExpectRefused(const absl::Status& status, const char* word) {
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr(word));
}

TEST_F(PickleStackTest, PopsTheUpperOnesLowestFirst) {
  for (PickleNode* node : {&a_, &b_, &c_}) ASSERT_TRUE(stack_.Push(node).ok());

  EXPECT_THAT(*stack_.Pop(2), ElementsAre(&b_, &c_));
  EXPECT_EQ(*stack_.Last(), &a_);
}

TEST_F(PickleStackTest, PopsToTheLastMark) {
  ASSERT_TRUE(stack_.PushMark().ok());
  ASSERT_TRUE(stack_.Push(&a_).ok());
  ASSERT_TRUE(stack_.PushMark().ok());
  ASSERT_TRUE(stack_.Push(&b_).ok());

  EXPECT_THAT(*stack_.PopToMark(), ElementsAre(&b_));
  EXPECT_THAT(*stack_.PopToMark(), ElementsAre(&a_));
  ExpectRefused(stack_.PopToMark().status(), "no mark");
}

TEST_F(PickleStackTest, ReachesNothingUnderAMark) {
  ASSERT_TRUE(stack_.Push(&a_).ok());
  ASSERT_TRUE(stack_.PushMark().ok());

  ExpectRefused(stack_.Pop(1).status(), "empty");
  ExpectRefused(stack_.Top().status(), "empty");
  ExpectRefused(stack_.Memoize(0), "empty");
}

TEST_F(PickleStackTest, RecallsWhatWasMemoizedLast) {
  ASSERT_TRUE(stack_.Push(&a_).ok());
  ASSERT_TRUE(stack_.Memoize(7).ok());
  ASSERT_TRUE(stack_.Push(&b_).ok());
  ASSERT_TRUE(stack_.Memoize(7).ok());

  ASSERT_TRUE(stack_.Recall(7).ok());

  EXPECT_THAT(*stack_.Pop(3), ElementsAre(&a_, &b_, &b_));
  ExpectRefused(stack_.Recall(8), "no entry 8");
}

TEST_F(PickleStackTest, EndsWithOneObjectAndNoMark) {
  ExpectRefused(stack_.Last().status(), "0 objects");
  ASSERT_TRUE(stack_.Push(&a_).ok());
  EXPECT_EQ(*stack_.Last(), &a_);
  ASSERT_TRUE(stack_.PushMark().ok());
  ExpectRefused(stack_.Last().status(), "1 marks");
}

TEST_F(PickleStackTest, HasLimits) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(stack_.Push(&a_).ok());
    ASSERT_TRUE(stack_.PushMark().ok());
  }
  ExpectRefused(stack_.Push(&b_), "more than 3 objects");
  ExpectRefused(stack_.PushMark(), "more than 3 marks");

  PickleStack memo(/*max_stack=*/3, /*max_memo=*/2);
  ASSERT_TRUE(memo.Push(&a_).ok());
  ASSERT_TRUE(memo.Memoize(0).ok());
  ASSERT_TRUE(memo.Memoize(1).ok());
  ExpectRefused(memo.Memoize(2), "more than 2 memo entries");
}

}  // namespace
}  // namespace anneal
