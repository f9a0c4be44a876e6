#include "optim/strong_wolfe.h"

#include <gtest/gtest.h>

namespace anneal {
namespace {

// (t - 3)^2.
LinePoint Parabola(double t) {
  LinePoint point;
  point.t = t;
  point.loss = (t - 3) * (t - 3);
  point.slope = 2 * (t - 3);
  return point;
}

LinePoint Find(double first, int64_t max_steps, int64_t* evaluations) {
  return StrongWolfe(Parabola, Parabola(0), first, /*direction_size=*/1,
                     max_steps, evaluations);
}

TEST(StrongWolfe, TakesAFirstPointThatWillDo) {
  int64_t evaluations = 0;

  EXPECT_EQ(Find(1, 25, &evaluations).t, 1);

  EXPECT_EQ(evaluations, 1);
}

TEST(StrongWolfe, InterpolatesBackFromTooFar) {
  int64_t evaluations = 0;

  EXPECT_NEAR(Find(10, 25, &evaluations).t, 3, 1e-12);

  EXPECT_EQ(evaluations, 2);
}

TEST(StrongWolfe, GoesOutwardFromTooNear) {
  int64_t evaluations = 0;

  const LinePoint found = Find(0.01, 25, &evaluations);

  // Ten times as far each time, until the slope is down to nine tenths.
  EXPECT_NEAR(found.t, 1, 1e-12);
  EXPECT_EQ(evaluations, 3);
}

TEST(StrongWolfe, WithoutStepsKeepsTheBetterEnd) {
  int64_t evaluations = 0;

  EXPECT_EQ(Find(10, 0, &evaluations).t, 0);
  EXPECT_EQ(Find(0.01, 0, &evaluations).t, 0.01);

  EXPECT_EQ(evaluations, 2);
}

}  // namespace
}  // namespace anneal
