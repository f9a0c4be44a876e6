// That every optimizer equals the original in Python.

#include "optim/optimizers_golden.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/max.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "optim/mlp_golden.h"
#include "optim/optimizer.h"
#include "registry/registry_index.h"

namespace anneal {
namespace {

class OptimizerGolden : public ::testing::TestWithParam<OptimizerCase> {};

// Relative to a parameter's largest element.
double ToleranceOf(const OptimizerCase& golden) {
  // A rounding that falls to the other side moves a byte of state.
  if (absl::EndsWith(golden.name, "bytes_float")) return 1e-2;
  switch (golden.dtype) {
    case at::kDouble:
      return 1e-12;
    case at::kFloat:
      return 1e-6;
    default:
      return 1.0 / 256;  // one digit of bfloat16
  }
}

TEST_P(OptimizerGolden, EqualsPython) {
  GoldenRun run(GetParam());

  run.Step(0, GetParam().num_steps());

  for (size_t i = 0; i < run.params().size(); ++i) {
    const at::Tensor expected = GetParam().values[i];
    const at::Tensor actual =
        run.params()[i].detach().to(at::kDouble).flatten();
    const double largest = expected.abs().max().item<double>();
    EXPECT_LE((actual - expected).abs().max().item<double>(),
              ToleranceOf(GetParam()) * largest)
        << "parameter " << i;
  }
}

TEST_P(OptimizerGolden, GoesOnFromItsStateBitForBit) {
  const int all = GetParam().num_steps();
  const int some = all / 4;
  GoldenRun whole(GetParam());
  whole.Step(0, some);
  GoldenRun resumed(GetParam());
  resumed.set_params(whole.params());

  const absl::Status status = resumed.optimizer().LoadStateDict(
      DeepCopy(whole.optimizer().state_dict()));

  ASSERT_TRUE(status.ok()) << status;
  whole.Step(some, all);
  resumed.Step(some, all);
  EXPECT_TRUE(BitIdentical(
      Value::List(resumed.params().begin(), resumed.params().end()),
      Value::List(whole.params().begin(), whole.params().end())));
  EXPECT_TRUE(BitIdentical(resumed.optimizer().state_dict(),
                           whole.optimizer().state_dict()));
}

std::string KindOf(const Value& value) {
  const auto* tensor = value.get_if<at::Tensor>();
  if (tensor == nullptr) return value.type_name();
  return tensor->dim() == 0 ? "scalar" : absl::StrJoin(tensor->sizes(), "x");
}

TEST_P(OptimizerGolden, StateIsLaidOutAsPythons) {
  if (GetParam().options == std::vector<std::string>{"-"}) return;
  GoldenRun run(GetParam());
  run.Step(0, GetParam().num_steps());
  const int64_t last = run.params().size() - 1;

  const Value state = run.optimizer().state_dict();

  const Dict& dict = *state.get_if<Dict>();
  std::vector<std::string> fields;
  const Value* of_last = dict.Find("state")->get_if<Dict>()->Find(last);
  if (of_last != nullptr) {
    for (const auto& [name, value] : *of_last->get_if<Dict>()) {
      fields.push_back(absl::StrCat(KeyString(name), ":", KindOf(value)));
    }
  }
  EXPECT_THAT(fields, ::testing::UnorderedElementsAreArray(GetParam().state));
  std::vector<std::string> options;
  const Value& group = (*dict.Find("param_groups")->get_if<Value::List>())[0];
  for (const auto& [name, value] : *group.get_if<Dict>()) {
    options.push_back(KeyString(name));
  }
  EXPECT_THAT(options,
              ::testing::UnorderedElementsAreArray(GetParam().options));
}

INSTANTIATE_TEST_SUITE_P(Cases, OptimizerGolden,
                         ::testing::ValuesIn(OptimizerCases()),
                         [](const auto& info) { return info.param.name; });

TEST(OptimizerGoldens, CoverEveryOptimizer) {
  std::set<std::string> covered;
  for (const OptimizerCase& one : OptimizerCases()) {
    covered.insert(one.optimizer);
  }
  for (const auto& name : RegistryIndex::Get().Names("optimizer")) {
    EXPECT_EQ(covered.count(name), 1) << name;
  }
}

}  // namespace
}  // namespace anneal
