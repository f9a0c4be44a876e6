#include "utils/random.h"

#include <ATen/Context.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace anneal {
namespace {

using ::testing::HasSubstr;

// What Python has after manual_seed(42) and randn(5).
struct Golden {
  at::Tensor state;
  at::Tensor randint;
};

Golden ReadGolden() {
  std::ifstream file("utils/random_golden.txt");
  std::string word;
  std::string hex;
  file >> word >> hex >> word;
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(std::stoi(hex.substr(i, 2), nullptr, 16));
  }
  std::vector<int64_t> numbers(4);
  for (int64_t& number : numbers) file >> number;
  return {at::tensor(bytes, at::kByte), at::tensor(numbers, at::kLong)};
}

TEST(Random, StateIsPythonsState) {
  SetRandomSeed(42, /*deterministic=*/false);
  at::randn({5});

  const Value state = RandomState();

  EXPECT_TRUE(
      BitIdentical(*state.get_if<Dict>()->Find("cpu"), ReadGolden().state));
}

TEST(Random, PythonsStateGoesOnAsPythonDoes) {
  const Golden golden = ReadGolden();

  ASSERT_TRUE(SetRandomState(Dict{{"cpu", golden.state}}).ok());

  EXPECT_TRUE(at::equal(at::randint(0, 1 << 30, {4}), golden.randint));
}

TEST(Random, SavedStateIsNotChangedByLaterDraws) {
  SetRandomSeed(1, /*deterministic=*/false);
  const Value state = RandomState();
  const at::Tensor first = at::rand({100});

  ASSERT_TRUE(SetRandomState(state).ok());

  EXPECT_TRUE(at::equal(at::rand({100}), first));
}

TEST(Random, DeterministicIsSetAndLifted) {
  SetRandomSeed(1, /*deterministic=*/true);
  EXPECT_TRUE(at::globalContext().deterministicAlgorithms());
  EXPECT_TRUE(at::globalContext().deterministicCuDNN());
  EXPECT_FALSE(at::globalContext().benchmarkCuDNN());

  SetRandomSeed(1, /*deterministic=*/false);
  EXPECT_FALSE(at::globalContext().deterministicAlgorithms());
  EXPECT_FALSE(at::globalContext().deterministicCuDNN());
}

TEST(Random, StateWithoutCpuIsRefused) {
  const absl::Status status = SetRandomState(Dict());

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("cpu"));
}

TEST(Random, BytesOfAnotherLengthAreRefusedAndChangeNothing) {
  const Value before = RandomState();

  const absl::Status status =
      SetRandomState(Dict{{"cpu", at::ones({10}, at::kByte)}});

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("random_state.cpu"));
  EXPECT_TRUE(BitIdentical(RandomState(), before));
}

TEST(Random, TensorOfAnotherTypeIsRefused) {
  const absl::Status status =
      SetRandomState(Dict{{"cpu", at::ones({5056}, at::kFloat)}});

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace anneal
