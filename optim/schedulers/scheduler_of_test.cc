// A scheduler of one's own, as docs/design/schedule.md shows it.

#include "optim/schedulers/scheduler_of.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "optim/param_group.h"
#include "optim/param_scheduler.h"
#include "optim/schedulers/halving_configs.pb.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

class HalvingSchedule : public Schedule {
 public:
  template <typename Config>
  static absl::StatusOr<std::unique_ptr<Schedule>> Create(
      const Config& config, const ScheduleContext& context) {
    RETURN_IF_ERROR(
        CheckField(config.every() >= 1, "every", config.every(), "at least 1"));
    ASSIGN_OR_RETURN(const int64_t every,
                     context.Scaled("every", config.every()));
    return std::make_unique<HalvingSchedule>(every);
  }

  explicit HalvingSchedule(int64_t every) : every_(every) {}

  double Next(int64_t step, const ScheduledValue& value) const override {
    const bool is_due = step > 0 && step % every_ == 0;
    return is_due ? value.current / 2 : value.current;
  }

 private:
  int64_t every_;
};

using HalvingLR = SchedulerOf<HalvingSchedule, HalvingLRConfig, kLR>;
using HalvingMomentum =
    SchedulerOf<HalvingSchedule, HalvingMomentumConfig, kMomentum>;
using HalvingParamScheduler =
    SchedulerOf<HalvingSchedule, HalvingParamSchedulerConfig>;
ANNEAL_REGISTER(ParamScheduler, HalvingLR);
ANNEAL_REGISTER(ParamScheduler, HalvingMomentum);
ANNEAL_REGISTER(ParamScheduler, HalvingParamScheduler);

std::vector<ParamGroup> MakeGroups() {
  std::vector<ParamGroup> groups(1);
  groups[0].options = Dict{{"lr", 1.0}, {"momentum", 2.0}, {"eps", 4.0}};
  return groups;
}

TEST(SchedulerOf, EachNameChangesItsOwn) {
  std::vector<ParamGroup> groups = MakeGroups();
  HalvingLRConfig lr;
  lr.set_every(1);
  HalvingMomentumConfig momentum;
  momentum.set_every(1);
  HalvingParamSchedulerConfig eps;
  eps.set_every(1);
  eps.set_param_name("eps");

  EXPECT_EQ((*BuildParamScheduler(lr, &groups))->param_name(), "lr");
  EXPECT_EQ((*BuildParamScheduler(momentum, &groups))->param_name(),
            "momentum");
  EXPECT_EQ((*BuildParamScheduler(eps, &groups))->param_name(), "eps");
}

TEST(SchedulerOf, EpochsAreConvertedToIterations) {
  std::vector<ParamGroup> groups = MakeGroups();
  HalvingLRConfig config;
  config.set_every(1);
  config.set_convert_to_iter_based(true);
  ScheduleLengths lengths;
  lengths.epoch_length = 3;
  lengths.max_epochs = 2;
  const auto halving = *BuildParamScheduler(config, &groups, lengths);

  std::vector<double> values;
  for (int i = 0; i < 8; ++i) {
    values.push_back(groups[0].real("lr"));
    ASSERT_TRUE(halving->Step().ok());
  }

  // The run ends at 6.
  EXPECT_THAT(values, ::testing::ElementsAre(1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5));
  EXPECT_FALSE(halving->by_epoch());
}

TEST(SchedulerOf, ItsOwnFieldsAreChecked) {
  std::vector<ParamGroup> groups = MakeGroups();

  const absl::Status status =
      BuildParamScheduler(HalvingLRConfig(), &groups).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("every is 0; it must be at least 1"));
}

}  // namespace
}  // namespace anneal
