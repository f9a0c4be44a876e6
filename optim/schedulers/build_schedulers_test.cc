#include "optim/schedulers/build_schedulers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "optim/param_group.h"
#include "optim/schedulers/linear_configs.pb.h"
#include "optim/schedulers/reduce_on_plateau_configs.pb.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using Configs = google::protobuf::RepeatedPtrField<google::protobuf::Any>;

struct BuildSchedulersTest : ::testing::Test {
  BuildSchedulersTest() {
    groups[0].options = Dict{{"lr", 1.0}, {"momentum", 0.5}};
    lengths.epoch_length = 4;
    lengths.max_epochs = 3;
    lengths.max_iters = 12;
  }

  template <typename Config>
  void Add(const Config& config) {
    configs.Add()->PackFrom(config);
  }

  absl::Status Build(bool has_validation = false) {
    auto built = BuildSchedulers(configs, &groups, lengths, has_validation);
    EXPECT_TRUE(!built.ok() ||
                built->size() == static_cast<size_t>(configs.size()));
    return built.status();
  }

  Configs configs;
  std::vector<ParamGroup> groups = std::vector<ParamGroup>(1);
  ScheduleLengths lengths;
};

LinearLRConfig Linear(int64_t begin, int64_t end, bool by_epoch = true) {
  LinearLRConfig config;
  config.set_begin(begin);
  config.set_end(end);
  config.set_by_epoch(by_epoch);
  return config;
}

TEST_F(BuildSchedulersTest, SpansMayFollowAndOverlap) {
  Add(Linear(0, 2));
  Add(Linear(2, 3));
  Add(Linear(0, 5, /*by_epoch=*/false));
  Add(LinearMomentumConfig());

  EXPECT_TRUE(Build().ok());
}

TEST_F(BuildSchedulersTest, NumberChangedTwiceOverTheSameSpanIsRefused) {
  Add(Linear(0, 3));
  Add(Linear(1, 3));
  Add(LinearLRConfig());

  const absl::Status status = Build();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("param_scheduler.2: it changes lr over the same epochs "
                        "0 to 3 as param_scheduler.0"));
}

TEST_F(BuildSchedulersTest, SpansAreComparedInIterations) {
  Add(Linear(0, 3));
  Add(Linear(0, 12, /*by_epoch=*/false));

  const absl::Status status = Build();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("over the same iterations 0 to 12"));
}

TEST_F(BuildSchedulersTest, SpanTooLongForIterationsIsLikeNoneInThem) {
  // Four times as much is 4 where it wraps.
  lengths.epoch_length = (int64_t{1} << 62) + 1;
  Add(Linear(0, 4));
  Add(Linear(0, 4, /*by_epoch=*/false));

  EXPECT_TRUE(Build().ok());
}

TEST_F(BuildSchedulersTest, PlateauNeedsAValidation) {
  Add(ReduceOnPlateauLRConfig());

  EXPECT_TRUE(Build(/*has_validation=*/true).ok());
  const absl::Status status = Build();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("give val_dataloader and val_evaluator"));
}

TEST_F(BuildSchedulersTest, ErrorsNameTheEntry) {
  Add(Linear(0, 1));
  Add(Linear(2, 1));

  const absl::Status status = Build();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("param_scheduler.1: end 1 does not come after begin "
                        "2"));
}

TEST_F(BuildSchedulersTest, ClassThatIsNotLinkedIsNamed) {
  configs.Add()->set_type_url("type.googleapis.com/anneal.NoSuchConfig");

  EXPECT_EQ(Build().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace anneal
