#include "runner/build.h"

#include <ATen/ops/equal.h>
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "config/runner.pb.h"
#include "dist/communicator.h"
#include "dist/single_process.h"
#include "strategy/strategy.h"
#include "tests/support/ranks.h"
#include "utils/random.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// A model and `fields`.
RunnerConfig Config(const std::string& fields) {
  RunnerConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(
      "model { [type.googleapis.com/anneal.MLPConfig] { widths: [2, 3] } } " +
          fields,
      &config))
      << fields;
  return config;
}

constexpr char kSgd[] =
    "optim_wrapper { [type.googleapis.com/anneal.OptimWrapperConfig] {"
    " optimizer { [type.googleapis.com/anneal.SGDConfig] { lr: 0.1 } } } }";

TEST(BuildStrategy, SeveralRanksReplicateTheModel) {
  RunRanks(2, [](dist::Communicator& communicator) {
    SetRandomSeed(communicator.rank(), /*deterministic=*/false);

    const auto strategy = BuildStrategy(Config(kSgd), &communicator, nullptr);

    ASSERT_TRUE(strategy.ok()) << strategy.status();
    const auto all =
        communicator.AllGather((*strategy)->model().parameters()[0].detach());
    ASSERT_TRUE(all.ok()) << all.status();
    EXPECT_TRUE(at::equal((*all)[0], (*all)[1]));
  });
}

struct Refused {
  const char* name;
  const char* fields;
  const char* message;
};

class BuildStrategyRefuses : public ::testing::TestWithParam<Refused> {};

TEST_P(BuildStrategyRefuses, OnSeveralRanks) {
  RunRanks(2, [](dist::Communicator& communicator) {
    const absl::Status status =
        BuildStrategy(Config(GetParam().fields), &communicator, nullptr)
            .status();

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
  });
}

INSTANTIATE_TEST_SUITE_P(
    Fields, BuildStrategyRefuses,
    ::testing::Values(
        Refused{"Wrapper", "model_wrapper_cfg { type: 'DataParallel' }",
                "model_wrapper.type is \"DataParallel\""},
        Refused{"SyncBn", "sync_bn: 'apex'", "sync_bn is \"apex\""},
        Refused{"SyncBnBesideWrapper", "model_wrapper_cfg {} sync_bn: 'apex'",
                "sync_bn is \"apex\""},
        Refused{"BothPlaces",
                "find_unused_parameters: true strategy {"
                " [type.googleapis.com/anneal.DDPStrategyConfig] {} }",
                "for a config without strategy; give strategy.model_wrapper"},
        Refused{"SingleDevice",
                "strategy {"
                " [type.googleapis.com/anneal.SingleDeviceStrategyConfig] {} }",
                "runs on one rank, this run has 2"}),
    [](const auto& info) { return info.param.name; });

TEST(BuildStrategy, OneRankHasNothingToReplicate) {
  RunProcesses(1, [](const dist::GroupOptions&) {
    const auto one = dist::SingleProcess();

    const auto strategy =
        BuildStrategy(Config("model_wrapper_cfg {} sync_bn: 'torch' "
                             "find_unused_parameters: true"),
                      one.get(), nullptr);

    EXPECT_TRUE(strategy.ok()) << strategy.status();
  });
}

}  // namespace
}  // namespace anneal
