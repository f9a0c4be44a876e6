#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/build_for_test.h"
#include "dataset/collate.h"
#include "dataset/default_collate.pb.h"

// Address Sanitizer's allocator ends the program otherwise.
extern "C" const char* __asan_default_options() {
  return "allocator_may_return_null=1";
}

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

absl::StatusOr<Batch> Apply(std::vector<Dict> samples) {
  return (**Build<Collate>(default_collateConfig()))(std::move(samples));
}

TEST(DefaultCollate, StacksTensors) {
  const at::Tensor a = at::ones({2, 3});
  const at::Tensor b = at::full({2, 3}, 2.f);

  const auto batch = Apply({{{"inputs", a}}, {{"inputs", b}}});

  EXPECT_TRUE(
      BitIdentical(batch->fields(), Dict{{"inputs", at::stack({a, b})}}));
}

struct Numbers {
  const char* name;
  Value first;
  Value second;
  at::Tensor expected;
};

class DefaultCollateNumbers : public testing::TestWithParam<Numbers> {};

TEST_P(DefaultCollateNumbers, BecomeATensorOfTheirKind) {
  const Numbers& numbers = GetParam();

  const auto batch = Apply({{{"x", numbers.first}}, {{"x", numbers.second}}});

  EXPECT_TRUE(BitIdentical(*batch->fields().Find("x"), numbers.expected))
      << batch->fields().Find("x")->DebugString();
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, DefaultCollateNumbers,
    testing::Values(
        Numbers{"Integers", 3, 4, at::tensor({3, 4}, at::kLong)},
        Numbers{"Reals", 0.5, 0.1, at::tensor({0.5, 0.1}, at::kDouble)},
        Numbers{"Bools", true, false, at::tensor({1, 0}).to(at::kBool)},
        Numbers{"RealThenInteger", 0.5, 4, at::tensor({0.5, 4.}, at::kDouble)},
        Numbers{"ScalarTensors", at::scalar_tensor(3, at::kLong),
                at::scalar_tensor(4, at::kLong),
                at::tensor({3, 4}, at::kLong)}),
    [](const auto& info) { return info.param.name; });

TEST(DefaultCollate, KeepsTextsAndNonesAsLists) {
  const auto batch =
      Apply({{{"path", "a"}, {"mask", Value()}}, {{"path", "b"}, {"mask", 1}}});

  EXPECT_TRUE(
      BitIdentical(batch->fields(), Dict{{"path", Value::List{"a", "b"}},
                                         {"mask", Value::List{Value(), 1}}}));
}

TEST(DefaultCollate, GoesIntoDictsAndLists) {
  const auto sample = [](int64_t i) {
    return Dict{{"meta", Dict{{"id", i}, {"name", "n"}}},
                {"box", Value::List{i, Dict{{"x", i * 0.5}}}}};
  };

  const auto batch = Apply({sample(1), sample(2)});

  EXPECT_TRUE(BitIdentical(
      batch->fields(),
      Dict{{"meta", Dict{{"id", at::tensor({1, 2}, at::kLong)},
                         {"name", Value::List{"n", "n"}}}},
           {"box",
            Value::List{at::tensor({1, 2}, at::kLong),
                        Dict{{"x", at::tensor({0.5, 1.}, at::kDouble)}}}}}))
      << Value(batch->fields()).DebugString();
}

TEST(DefaultCollate, OwnsItsMemory) {
  const at::Tensor image = at::ones({2});

  const auto batch = Apply({{{"inputs", image}}});
  batch->tensor("inputs").fill_(7);

  EXPECT_TRUE(BitIdentical(image, at::ones({2})));
}

TEST(DefaultCollate, OfNoSampleIsEmpty) {
  EXPECT_TRUE(Apply({})->fields().empty());
}

TEST(DefaultCollate, NamesTheFieldOfUnequalSizes) {
  const absl::Status status =
      Apply({{{"meta", Dict{{"img", at::ones({2, 3})}}}},
             {{"meta", Dict{{"img", at::ones({2, 4})}}}}})
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("\"meta.img\""), HasSubstr("[2, 3]"),
                    HasSubstr("[2, 4]"), HasSubstr("pseudo_collate")));
}

TEST(DefaultCollate, ThatRunsOutOfMemorySaysNoMore) {
  const at::Tensor huge = at::ones({1}).expand({int64_t{1} << 58});

  const absl::Status status = Apply({{{"x", huge}}, {{"x", huge}}}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("default_collate: \"x\": "),
                    HasSubstr("allocate"), Not(HasSubstr("pseudo_collate"))));
}

TEST(DefaultCollate, NamesTheFieldThatASampleLacks) {
  const absl::Status status =
      Apply({{{"inputs", 1}, {"labels", 1}}, {{"inputs", 1}}}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("a sample has no \"labels\""));
}

TEST(DefaultCollate, NamesTheFieldOfUnequalLengths) {
  const absl::Status status =
      Apply({{{"boxes", Value::List{1, 2}}}, {{"boxes", Value::List{1}}}})
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("\"boxes\" has 2 elements in one sample and 1 in another"));
}

TEST(DefaultCollate, NamesTheFieldThatIsADictInOneSampleOnly) {
  const absl::Status status =
      Apply({{{"meta", Dict{{"id", 1}}}}, {{"meta", 3}}}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("\"meta\" is a dict in one sample and 3 in another"));
}

}  // namespace
}  // namespace anneal
