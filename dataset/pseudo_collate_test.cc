#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/build_for_test.h"
#include "dataset/collate.h"
#include "dataset/pseudo_collate.pb.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<Batch> Apply(std::vector<Dict> samples) {
  return (**Build<Collate>(pseudo_collateConfig()))(std::move(samples));
}

TEST(PseudoCollate, PutsSamplesOfAnySizeSideBySide) {
  const at::Tensor a = at::ones({2, 3});
  const at::Tensor b = at::ones({5, 4});

  const auto batch =
      Apply({{{"inputs", a}, {"labels", 1}}, {{"inputs", b}, {"labels", 2}}});

  EXPECT_TRUE(BitIdentical(
      batch->fields(),
      Dict{{"inputs", Value::List{a, b}}, {"labels", Value::List{1, 2}}}));
}

// mmengine's: {'meta': {'id': [1, 2]}, 'box': [[1, 3], [2, 4]]}.
TEST(PseudoCollate, GoesIntoDictsAndLists) {
  const auto batch =
      Apply({{{"meta", Dict{{"id", 1}}}, {"box", Value::List{1, 2}}},
             {{"meta", Dict{{"id", 2}}}, {"box", Value::List{3, 4}}}});

  EXPECT_TRUE(BitIdentical(
      batch->fields(),
      Dict{{"meta", Dict{{"id", Value::List{1, 2}}}},
           {"box", Value::List{Value::List{1, 3}, Value::List{2, 4}}}}))
      << Value(batch->fields()).DebugString();
}

TEST(PseudoCollate, OfNoSampleIsEmpty) {
  EXPECT_TRUE(Apply({})->fields().empty());
}

TEST(PseudoCollate, NamesTheFieldThatASampleLacks) {
  const absl::Status status =
      Apply({{{"inputs", 1}, {"labels", 1}}, {{"inputs", 1}}}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("a sample has no \"labels\""));
}

}  // namespace
}  // namespace anneal
