#include "runner/run_environment.h"

#include <ATen/Context.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <string>

#include "dist/single_process.h"
#include "utils/random.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<int64_t> Choose(absl::optional<int64_t> configured,
                               const Dict* resumed = nullptr) {
  Randomness config;
  if (configured) config.set_seed(*configured);
  const auto communicator = dist::SingleProcess();
  return ChooseSeed(config, resumed, communicator.get());
}

TEST(ChooseSeed, TakesTheConfigs) { EXPECT_EQ(*Choose(7), 7); }

TEST(ChooseSeed, PrefersThatOfTheResumedRun) {
  const Dict checkpoint{{"meta", Dict{{"seed", 5}}}};

  EXPECT_EQ(*Choose(7, &checkpoint), 5);
}

TEST(ChooseSeed, TakesTheConfigsWhereTheCheckpointHasNone) {
  const Dict none{{"meta", Dict{{"seed", Value()}}}};
  const Dict bare{{"fc.weight", 1}};

  EXPECT_EQ(*Choose(7, &none), 7);
  EXPECT_EQ(*Choose(7, &bare), 7);
}

TEST(ChooseSeed, DrawsOneInRangeWhereNobodyGivesOne) {
  const auto first = Choose(absl::nullopt);
  const auto second = Choose(absl::nullopt);

  ASSERT_TRUE(first.ok());
  EXPECT_GE(*first, 0);
  EXPECT_LE(*first, 0x7fffffff);
  EXPECT_NE(*first, *second);
}

TEST(ChooseSeed, TakesBothEndsOfItsRange) {
  EXPECT_EQ(*Choose(0), 0);
  EXPECT_EQ(*Choose(4294967295), 4294967295);
}

class ChooseSeedRefuses : public ::testing::TestWithParam<int64_t> {};

TEST_P(ChooseSeedRefuses, WhatIsOutOfRange) {
  const absl::Status status = Choose(GetParam()).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("between 0 and 4294967295"));
}

INSTANTIATE_TEST_SUITE_P(Seeds, ChooseSeedRefuses,
                         ::testing::Values(-1, 4294967296));

TEST(ChooseSeed, ASavedSeedOutOfRangeIsTheCheckpointsFault) {
  const Dict checkpoint{{"meta", Dict{{"seed", -5}}}};

  const absl::Status status = Choose(7, &checkpoint).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("the checkpoint's meta.seed is -5"));
}

TEST(ChooseSeed, RefusesASavedSeedThatIsNoNumber) {
  const Dict checkpoint{{"meta", Dict{{"seed", "x"}}}};

  const absl::Status status = Choose(7, &checkpoint).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("meta.seed"));
}

Value StateAfter(const RunnerConfig& config, int64_t seed, int rank) {
  EXPECT_TRUE(ApplyEnvironment(config, seed, rank).ok());
  return RandomState();
}

TEST(ApplyEnvironment, SeedsAllRanksAlike) {
  EXPECT_TRUE(BitIdentical(StateAfter(RunnerConfig(), 3, 0),
                           StateAfter(RunnerConfig(), 3, 1)));
}

TEST(ApplyEnvironment, AddsTheRankWithDiffRankSeed) {
  RunnerConfig config;
  config.mutable_randomness()->set_diff_rank_seed(true);

  EXPECT_TRUE(
      BitIdentical(StateAfter(config, 3, 1), StateAfter(RunnerConfig(), 4, 0)));
}

TEST(ApplyEnvironment, LetsCudnnTimeItsAlgorithmsWhereAskedTo) {
  RunnerConfig config;
  config.mutable_env_cfg()->set_cudnn_benchmark(true);

  ASSERT_TRUE(ApplyEnvironment(config, 0, 0).ok());
  EXPECT_TRUE(at::globalContext().benchmarkCuDNN());
  ASSERT_TRUE(ApplyEnvironment(RunnerConfig(), 0, 0).ok());
  EXPECT_FALSE(at::globalContext().benchmarkCuDNN());
}

TEST(RaiseOpenFilesLimit, RaisesAndLowersNone) {
  rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  const rlimit low{64, before.rlim_max};
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  rlimit limit;

  ASSERT_TRUE(RaiseOpenFilesLimit(128).ok());
  getrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(limit.rlim_cur, 128);

  ASSERT_TRUE(RaiseOpenFilesLimit(100).ok());
  getrlimit(RLIMIT_NOFILE, &limit);
  EXPECT_EQ(limit.rlim_cur, 128);
  setrlimit(RLIMIT_NOFILE, &before);
}

TEST(RaiseOpenFilesLimit, NoFilesAreRefused) {
  const absl::Status status = RaiseOpenFilesLimit(0);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("env_cfg.resource_limit is 0"));
}

TEST(ApplyEnvironment, CudnnTimesNothingInADeterministicRun) {
  RunnerConfig config;
  config.mutable_env_cfg()->set_cudnn_benchmark(true);
  config.mutable_randomness()->set_deterministic(true);

  ASSERT_TRUE(ApplyEnvironment(config, 0, 0).ok());

  EXPECT_FALSE(at::globalContext().benchmarkCuDNN());
  ASSERT_TRUE(ApplyEnvironment(RunnerConfig(), 0, 0).ok());
}

TEST(ApplyEnvironment, RefusesNoThread) {
  RunnerConfig config;
  config.mutable_env_cfg()->set_num_threads(0);

  const absl::Status status = ApplyEnvironment(config, 0, 0);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("env_cfg.num_threads is 0"));
}

TEST(DescribeEnvironment, HasMmenginesRows) {
  const auto communicator = dist::SingleProcess();

  const std::string text =
      DescribeEnvironment(RunnerConfig(), 3, *communicator);

  for (const char* row :
       {"System environment:", "Runtime environment:", "cudnn_benchmark: False",
        "seed: 3", "diff_rank_seed: False", "deterministic: False",
        "Distributed launcher: none", "Distributed training: False"}) {
    EXPECT_THAT(text, HasSubstr(row));
  }
}

}  // namespace
}  // namespace anneal
