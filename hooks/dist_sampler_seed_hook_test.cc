#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "hooks/dist_sampler_seed_hook.pb.h"
#include "tests/support/fake_run.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;

TEST(DistSamplerSeedHook, TellsTheLoaderTheEpochThatStarts) {
  FakeRun run(::testing::TempDir());
  auto hook = *BuildHook(DistSamplerSeedHookConfig());

  for (const int64_t epoch : {0, 1, 5}) {
    run.now_epoch = epoch;
    ASSERT_TRUE(hook->BeforeTrainEpoch(run).ok());
  }

  EXPECT_THAT(run.data_epochs, ElementsAre(0, 1, 5));
  EXPECT_EQ(hook->priority(), kNormal);
}

}  // namespace
}  // namespace anneal
