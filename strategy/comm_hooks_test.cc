#include "strategy/comm_hooks.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <fstream>
#include <map>
#include <string>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/reducer.hpp>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dist/communicator.h"
#include "tests/support/ranks.h"

namespace anneal {
namespace {

constexpr int kSize = 24;
constexpr int64_t kMiB = int64_t{1} << 20;

// As the golden file's script.
at::Tensor Factors(int rank, at::ScalarType dtype) {
  const at::Tensor i = at::arange(kSize, at::kLong);
  const at::Tensor small = (i * 7 + 13 * rank).remainder(29) - 14;
  return (small.to(at::kDouble) / 9 + i.to(at::kDouble) * 1e-3).to(dtype);
}

// Gradients by "HOOK DTYPE".
std::map<std::string, std::vector<double>> Golden() {
  std::map<std::string, std::vector<double>> gradients;
  std::ifstream file("strategy/comm_hooks_golden.txt");
  for (std::string line; std::getline(file, line);) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(line, absl::MaxSplits(" 2: ", 1));
    for (const auto& word : absl::StrSplit(parts.second, ' ')) {
      double value = 0;
      EXPECT_TRUE(absl::SimpleAtod(word, &value)) << word;
      gradients[parts.first].push_back(value);
    }
  }
  return gradients;
}

// Average gradient of the loss sum(w * factors) that the hook gives.
at::Tensor Gradient(const std::string& hook, const at::Tensor& factors,
                    dist::Communicator& communicator) {
  const auto group = c10::intrusive_ptr<c10d::ProcessGroup>::reclaim_copy(
      communicator.process_group());
  const at::Tensor w = at::ones({kSize}, factors.options()).requires_grad_();
  c10d::Reducer reducer(
      {w}, {{0}}, group, {false}, kMiB, /*find_unused_parameters=*/false,
      /*gradient_as_bucket_view=*/true, {{0, "w"}}, kMiB,
      /*skip_all_reduce_unused_params=*/false, /*use_python_reducer=*/false,
      /*bucket_bytes_cap_list=*/{});
  RegisterCommHook(hook, group, &reducer);
  reducer.prepare_for_forward();
  reducer.prepare_for_backward({});
  (w * factors).sum().backward();
  return w.grad().clone();
}

using Case = std::tuple<std::string, std::pair<const char*, at::ScalarType>>;

class CommHookTest : public testing::TestWithParam<Case> {};

TEST_P(CommHookTest, GivesTheBitsThatPythonsGives) {
  const auto& [hook, dtype] = GetParam();
  const std::vector<double> expected =
      Golden()[absl::StrCat(hook, " ", dtype.first)];
  ASSERT_EQ(expected.size(), kSize);
  RunRanks(
      2, [&, &hook = hook, &dtype = dtype](dist::Communicator& communicator) {
        const at::Tensor gradient = Gradient(
            hook, Factors(communicator.rank(), dtype.second), communicator);

        EXPECT_EQ(gradient.scalar_type(), dtype.second);
        EXPECT_TRUE(at::equal(gradient.to(at::kDouble),
                              at::tensor(expected, at::kDouble)))
            << gradient;
      });
}

INSTANTIATE_TEST_SUITE_P(
    Hooks, CommHookTest,
    testing::Combine(testing::ValuesIn(CommHookNames()),
                     testing::Values(std::make_pair("float32", at::kFloat),
                                     std::make_pair("float64", at::kDouble),
                                     std::make_pair("bfloat16",
                                                    at::kBFloat16))),
    [](const auto& info) {
      return absl::StrCat(std::get<0>(info.param), "_",
                          std::get<1>(info.param).first);
    });

// Two of them have no sum in float16's or bfloat16's range otherwise.
TEST(CommHooks, LargeGradientsDoNotOverflow) {
  RunRanks(2, [](dist::Communicator& communicator) {
    EXPECT_TRUE(at::equal(
        Gradient("fp16_compress_hook", at::ones({kSize}) * 65504, communicator),
        at::ones({kSize}) * 65504));
    const at::Tensor large = at::ones({kSize}) * 0x1p127;
    EXPECT_TRUE(
        at::equal(Gradient("bf16_compress_hook", large, communicator), large));
  });
}

TEST(CommHooksDeathTest, DiesIfThereIsNoSuchHook) {
  EXPECT_DEATH(RegisterCommHook("fp8_hook", {}, nullptr),
               "no communication hook fp8_hook");
}

}  // namespace
}  // namespace anneal
