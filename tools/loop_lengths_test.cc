#include "tools/loop_lengths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "config/struct_component.pb.h"
#include "runner/epoch_based_train_loop.pb.h"
#include "runner/iter_based_train_loop.pb.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

google::protobuf::Any Packed(const google::protobuf::Message& config) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return any;
}

// Of a user's loop, whose Config is google.protobuf.Struct.
StructComponent UsersLoop(const std::string& field, double number) {
  StructComponent loop;
  loop.set_type("MyLoop");
  (*loop.mutable_fields()->mutable_fields())[field].set_number_value(number);
  return loop;
}

TEST(LoopLengths, OfEpochs) {
  EpochBasedTrainLoopConfig loop;
  loop.set_max_epochs(3);

  const auto lengths = LoopLengths(Packed(loop), 5);

  ASSERT_TRUE(lengths.ok()) << lengths.status();
  EXPECT_EQ(lengths->epoch_length, 5);
  EXPECT_EQ(lengths->max_epochs, 3);
  EXPECT_EQ(lengths->max_iters, 15);
}

TEST(LoopLengths, TrainingByIterationsIsOneEpoch) {
  IterBasedTrainLoopConfig loop;
  loop.set_max_iters(7);

  const auto lengths = LoopLengths(Packed(loop), 5);

  ASSERT_TRUE(lengths.ok()) << lengths.status();
  EXPECT_EQ(lengths->max_epochs, 1);
  EXPECT_EQ(lengths->max_iters, 7);
}

TEST(LoopLengths, LoopThatTakesAnyFieldsHasThemToo) {
  const auto epochs = LoopLengths(Packed(UsersLoop("max_epochs", 3)), 5);
  const auto iters = LoopLengths(Packed(UsersLoop("max_iters", 7)), 5);

  ASSERT_TRUE(epochs.ok()) << epochs.status();
  EXPECT_EQ(epochs->max_iters, 15);
  ASSERT_TRUE(iters.ok()) << iters.status();
  EXPECT_EQ(iters->max_iters, 7);
}

TEST(LoopLengths, LoopWithoutThemIsOfUnknownLength) {
  const absl::Status status =
      LoopLengths(Packed(UsersLoop("minutes", 3)), 5).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("neither max_epochs nor max_iters"));
}

TEST(LoopLengths, MoreIterationsThanCanBeCountedAreRefused) {
  EpochBasedTrainLoopConfig loop;
  loop.set_max_epochs(int64_t{1} << 62);

  const absl::Status status = LoopLengths(Packed(loop), 5).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("train_cfg.max_epochs is 4611686018427387904"));
}

TEST(LoopLengths, ConfigOfNoLinkedClassIsRefused) {
  google::protobuf::Any any;
  any.set_type_url("type.googleapis.com/anneal.NoSuchConfig");

  const absl::Status status = LoopLengths(any, 5).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("NoSuchConfig"));
}

}  // namespace
}  // namespace anneal
