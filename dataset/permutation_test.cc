#include "dataset/permutation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/golden_cases.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::IsEmpty;

TEST(Permutation, EqualsTorchRandperm) {
  for (const GoldenCase& golden : ReadGoldenCases("permutation.txt")) {
    EXPECT_THAT(Permutation(golden.integer(0), true, golden.integer(1)),
                ElementsAreArray(golden.lists[0]))
        << golden.line;
  }
}

TEST(Permutation, IsInOrderWithoutShuffle) {
  EXPECT_THAT(Permutation(4, false, 1), ElementsAre(0, 1, 2, 3));
}

TEST(Permutation, OfNothingIsEmpty) {
  EXPECT_THAT(Permutation(0, true, 1), IsEmpty());
  EXPECT_THAT(Permutation(0, false, 1), IsEmpty());
}

}  // namespace
}  // namespace anneal
