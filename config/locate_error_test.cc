#include "config/locate_error.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "config/reader.h"

namespace anneal::config {
namespace {

constexpr char kConfig[] = R"(model: {type: LeNet, num_classes: 1}
optim_wrapper:
  optimizer: {type: torch.SGD, lr: -0.1, momentum: 0.9, nesterov: true}
train_dataloader: {batch_size: 0, num_workers: 2}
val_dataloader: {batch_size: 64, num_workers: 2}
param_scheduler:
- {type: StepLR, step_size: 3, gamma: 0.1}
- {type: StepLR, step_size: 0, gamma: 0.1}
log: {level: loud}
)";

struct Case {
  const char *name;
  const char *message;
  // What is put before it.
  const char *place;
};

void PrintTo(const Case &error, std::ostream *out) { *out << error.name; }

class LocateErrorTest : public ::testing::TestWithParam<Case> {};

TEST_P(LocateErrorTest, PutsThePlaceFirst) {
  const Node tree = *ReadYaml(kConfig, "a.yaml");
  const absl::Status status =
      LocateError(tree, absl::InvalidArgumentError(GetParam().message));

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(std::string(status.message()),
            absl::StrCat(GetParam().place, GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Messages, LocateErrorTest,
    ::testing::Values(
        Case{"OfFieldAndValue", "lr is -0.1; it must not be negative",
             "a.yaml:3:36: optim_wrapper.optimizer.lr: "},
        Case{"OfAFloatsDigits", "lr is -0.10000000149; it must not be negative",
             "a.yaml:3:36: optim_wrapper.optimizer.lr: "},
        Case{"OfClassAndField", "LeNet.num_classes is 1; it must be at least 2",
             "a.yaml:1:35: model.num_classes: "},
        Case{"OfClassBeforeAField", "StepLR: step_size 0 must be at least 1",
             "a.yaml:8:29: param_scheduler.1.step_size: "},
        Case{"OfABool", "nesterov is true, which SGD8bit has not",
             "a.yaml:3:67: optim_wrapper.optimizer.nesterov: "},
        Case{"OfAWord", "level is \"loud\"; it must be INFO",
             "a.yaml:9:14: log.level: "},
        Case{"OfSeveralFields",
             "DataLoader: batch_size 0 and prefetch_factor 2 must be at least "
             "1, num_workers 2 not negative",
             "a.yaml:4:32: train_dataloader.batch_size: "},
        Case{"OfTwoThatAreEqual", "gamma is 0.1; it must be 1",
             "a.yaml:7:39: param_scheduler.0.gamma or "
             "a.yaml:8:39: param_scheduler.1.gamma: "},
        Case{"OfADefault", "weight_decay is -1; it must not be negative", ""},
        Case{"OfAnotherValue", "momentum is 2; it must be below 1", ""},
        Case{"OfAnotherClass", "Adam.lr is -1; it must not be negative", ""},
        Case{"OfALongerWord", "base_lr is -0.1; lr_x is -0.1", ""},
        Case{"OfNoField", "the loader has no samples", ""}),
    [](const auto &info) { return info.param.name; });

TEST(LocateError, LeavesOtherErrorsAlone) {
  const Node tree = *ReadYaml(kConfig, "a.yaml");

  EXPECT_EQ(LocateError(tree, absl::OkStatus()), absl::OkStatus());
  EXPECT_EQ(LocateError(tree, absl::InternalError("lr is -0.1")),
            absl::InternalError("lr is -0.1"));
}

}  // namespace
}  // namespace anneal::config
