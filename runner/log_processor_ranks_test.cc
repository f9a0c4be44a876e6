// Lines of a training on several ranks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "dist/communicator.h"
#include "runner/log_processor.h"
#include "tests/support/fake_run.h"
#include "tests/support/ranks.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// A group of all ranks that a run may own.
std::unique_ptr<dist::Communicator> GroupOf(dist::Communicator& ranks) {
  std::vector<int> all(ranks.world_size());
  std::iota(all.begin(), all.end(), 0);
  return *ranks.NewGroup(all);
}

TEST(LogProcessorOfRanks, LineIsTheMeanOverThem) {
  RunRanks(3, [](dist::Communicator& ranks) {
    FakeRun run(::testing::TempDir() + "/" + std::to_string(ranks.rank()));
    run.fake_communicator = GroupOf(ranks);
    run.batches[0] = 10;
    run.last_iter = 10;
    run.message_hub().UpdateScalar("train/loss", 1.0 + ranks.rank());
    run.message_hub().UpdateScalar("train/lr", 0.5);
    const auto processor = *LogProcessor::Create(LogProcessorConfig());

    const auto record =
        processor->AfterIter(run, 0, Mode::kTrain, /*by_epoch=*/true);

    ASSERT_TRUE(record.ok()) << record.status();
    EXPECT_THAT(record->line, ::testing::AllOf(HasSubstr("loss: 2.0000"),
                                               HasSubstr("lr: 5.0000e-01")));
    EXPECT_THAT(record->scalars,
                ::testing::Contains(std::make_pair(std::string("loss"), 2.0)));
  });
}

TEST(LogProcessorOfRanks, AScalarOfOneRankAloneIsItsOwn) {
  RunRanks(2, [](dist::Communicator& ranks) {
    FakeRun run(::testing::TempDir() + "/" + std::to_string(ranks.rank()));
    run.fake_communicator = GroupOf(ranks);
    run.last_iter = 10;
    run.message_hub().UpdateScalar("train/loss", 1);
    if (ranks.rank() == 0) run.message_hub().UpdateScalar("train/extra", 7);
    const auto processor = *LogProcessor::Create(LogProcessorConfig());

    const auto record =
        processor->AfterIter(run, 0, Mode::kTrain, /*by_epoch=*/true);

    ASSERT_TRUE(record.ok()) << record.status();
    if (ranks.rank() == 0) {
      EXPECT_THAT(record->line, HasSubstr("extra: 7.0000"));
    }
  });
}

}  // namespace
}  // namespace anneal
