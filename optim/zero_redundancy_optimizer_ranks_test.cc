// ZeroRedundancyOptimizer whose state several ranks deal out, in real
// processes.

#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <google/protobuf/any.pb.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/struct_component.pb.h"
#include "dist/communicator.h"
#include "dist/single_process.h"
#include "optim/optimizer.h"
#include "optim/text_config.h"
#include "tests/support/fake_rank.h"
#include "tests/support/ranks.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

using Numbers = std::vector<std::pair<std::string, double>>;

// The config of optimizer `type`, or of it inside a ZeroRedundancyOptimizer.
google::protobuf::Any Config(const std::string& type, const Numbers& numbers,
                             bool is_zero) {
  if (!is_zero) {
    std::string text;
    for (const auto& [name, number] : numbers) {
      absl::StrAppend(&text, name, ": ", number, " ");
    }
    return TextConfig("optimizer", type, text);
  }
  StructComponent component;
  component.set_type("ZeroRedundancyOptimizer");
  auto& fields = *component.mutable_fields()->mutable_fields();
  fields["optimizer_type"].set_string_value(type);
  for (const auto& [name, number] : numbers) {
    fields[name].set_number_value(number);
  }
  google::protobuf::Any config;
  config.PackFrom(component);
  return config;
}

at::Tensor Waves(std::vector<int64_t> shape, double shift) {
  int64_t numel = 1;
  for (const int64_t size : shape) numel *= size;
  return at::arange(numel, at::kFloat).mul(0.7).add(shift).sin().view(shape);
}

// Two groups of parameters of many sizes, one of them frozen.
std::vector<ParamGroup> Groups() {
  std::vector<ParamGroup> groups(2);
  const auto add = [](std::vector<int64_t> shape, ParamGroup* group) {
    const double shift = static_cast<double>(group->params.size());
    group->params.push_back(Waves(std::move(shape), shift).requires_grad_());
    group->names.push_back("p");
  };
  for (const int64_t rows : {3, 40, 7}) add({rows, 5}, &groups[0]);
  add({2}, &groups[0]);
  groups[0].params[3].set_requires_grad(false);
  for (const int64_t rows : {6, 6}) add({rows}, &groups[1]);
  groups[1].options["lr"] = 0.01;
  return groups;
}

std::unique_ptr<Optimizer> Build(const std::string& type,
                                 const Numbers& numbers, bool is_zero) {
  auto optimizer = RegistryOf<Optimizer>::Get().Build(
      Config(type, numbers, is_zero), Groups());
  EXPECT_TRUE(optimizer.ok()) << optimizer.status();
  return *std::move(optimizer);
}

// One step with gradients that are the same on all ranks; the learning rate of
// the first group is changed as a scheduler does.
void StepOnce(Optimizer* optimizer, int step) {
  optimizer->param_groups()[0].options["lr"] = 0.1 / (step + 1);
  for (ParamGroup& group : optimizer->param_groups()) {
    for (at::Tensor& param : group.params) {
      if (!param.requires_grad()) continue;
      param.mutable_grad() = Waves(param.sizes().vec(), step * 2.0);
    }
  }
  optimizer->ScaledStep(step % 2 == 0 ? 1 : 0.5);
  optimizer->ZeroGrad();
}

void ExpectSameParams(const Optimizer& a, const Optimizer& b) {
  for (size_t g = 0; g < a.param_groups().size(); ++g) {
    for (size_t p = 0; p < a.param_groups()[g].params.size(); ++p) {
      EXPECT_TRUE(BitIdentical(a.param_groups()[g].params[p],
                               b.param_groups()[g].params[p]))
          << "group " << g << ", parameter " << p;
    }
  }
}

// The elements of a state's tensors.
int64_t SizeOf(const Value& state) {
  int64_t size = 0;
  MapTensors(state, [&](const at::Tensor& tensor) {
    if (tensor.dim() > 0) size += tensor.numel();
    return tensor;
  });
  return size;
}

struct Inner {
  const char* name;
  Numbers numbers;
};

class ShardedZeroRedundancyOptimizer : public ::testing::TestWithParam<Inner> {
};

TEST_P(ShardedZeroRedundancyOptimizer, StepsAsTheWholeBitForBit) {
  for (const int world_size : {2, 3, 4}) {
    RunRanks(world_size, [](dist::Communicator& communicator) {
      const auto& [name, numbers] = GetParam();
      const auto whole = Build(name, numbers, /*is_zero=*/false);
      const auto sharded = Build(name, numbers, /*is_zero=*/true);
      ASSERT_TRUE(sharded->ShardOver(&communicator).ok());

      for (int step = 0; step < 4; ++step) {
        StepOnce(whole.get(), step);
        StepOnce(sharded.get(), step);
        ExpectSameParams(*sharded, *whole);
      }
    });
  }
}

TEST_P(ShardedZeroRedundancyOptimizer, EachRankKeepsItsShareOfTheState) {
  for (const int world_size : {2, 4}) {
    RunRanks(world_size, [](dist::Communicator& communicator) {
      const auto& [name, numbers] = GetParam();
      const auto whole = Build(name, numbers, /*is_zero=*/false);
      const auto sharded = Build(name, numbers, /*is_zero=*/true);
      ASSERT_TRUE(sharded->ShardOver(&communicator).ok());
      StepOnce(whole.get(), 0);
      StepOnce(sharded.get(), 0);

      const auto states = communicator.AllGatherObject(sharded->state_dict());

      ASSERT_TRUE(states.ok()) << states.status();
      EXPECT_TRUE(sharded->is_sharded());
      const Value whole_state = whole->state_dict();
      const Dict& expected =
          *whole_state.get_if<Dict>()->Find("state")->get_if<Dict>();
      size_t num_states = 0;
      int64_t largest = 0;
      for (const Value& state : *states) {
        const Value* part = state.get_if<Dict>()->Find("state");
        largest = std::max(largest, SizeOf(*part));
        for (const auto& [index, param] : *part->get_if<Dict>()) {
          EXPECT_TRUE(BitIdentical(param, *expected.FindKey(index)));
          ++num_states;
        }
      }
      EXPECT_EQ(num_states, expected.size());
      // The largest parameter, 200 of 264 elements, is one rank's alone.
      EXPECT_EQ(largest, SizeOf(*expected.Find(int64_t{1})));
    });
  }
}

TEST_P(ShardedZeroRedundancyOptimizer, GoesOnFromWholeStateBitForBit) {
  RunRanks(3, [](dist::Communicator& communicator) {
    const auto& [name, numbers] = GetParam();
    const auto whole = Build(name, numbers, /*is_zero=*/false);
    const auto sharded = Build(name, numbers, /*is_zero=*/true);
    ASSERT_TRUE(sharded->ShardOver(&communicator).ok());
    for (int step = 0; step < 3; ++step) {
      StepOnce(whole.get(), step);
    }
    for (size_t g = 0; g < whole->param_groups().size(); ++g) {
      for (size_t p = 0; p < whole->param_groups()[g].params.size(); ++p) {
        sharded->param_groups()[g].params[p].set_data(
            whole->param_groups()[g].params[p].detach().clone());
      }
    }

    ASSERT_TRUE(sharded->LoadStateDict(whole->state_dict()).ok());

    EXPECT_EQ(sharded->param_groups()[0].real("lr"),
              whole->param_groups()[0].real("lr"));
    for (int step = 3; step < 6; ++step) {
      StepOnce(whole.get(), step);
      StepOnce(sharded.get(), step);
      ExpectSameParams(*sharded, *whole);
    }
  });
}

INSTANTIATE_TEST_SUITE_P(
    Optimizers, ShardedZeroRedundancyOptimizer,
    ::testing::Values(Inner{"SGD", {{"lr", 0.1}, {"momentum", 0.9}}},
                      Inner{"AdamW", {{"lr", 0.1}}}),
    [](const auto& info) { return info.param.name; });

TEST(ShardedZeroRedundancyOptimizer, RankWithoutParametersTakesTheOthers) {
  RunRanks(4, [](dist::Communicator& communicator) {
    const at::Tensor param = at::ones({3}).requires_grad_();
    const auto optimizer = *RegistryOf<Optimizer>::Get().Build(
        Config("SGD", {{"lr", 0.5}, {"momentum", 0.9}}, /*is_zero=*/true),
        std::vector<ParamGroup>{{{param}, {"weight"}, {}}});
    ASSERT_TRUE(optimizer->ShardOver(&communicator).ok());
    param.mutable_grad() = at::ones({3});

    optimizer->Step();

    EXPECT_EQ(param[2].item<double>(), 0.5);
    EXPECT_TRUE(optimizer->LoadStateDict(optimizer->state_dict()).ok());
  });
}

TEST(ShardedZeroRedundancyOptimizer, StateThatDoesNotFitIsRefusedAlikeByAll) {
  RunRanks(3, [](dist::Communicator& communicator) {
    const Numbers numbers = {{"lr", 0.1}};
    const auto whole = Build("AdamW", numbers, /*is_zero=*/false);
    const auto sharded = Build("AdamW", numbers, /*is_zero=*/true);
    ASSERT_TRUE(sharded->ShardOver(&communicator).ok());
    StepOnce(whole.get(), 0);
    StepOnce(sharded.get(), 0);
    Value state = whole->state_dict();
    Dict& states = *(*state.get_if<Dict>())["state"].get_if<Dict>();
    (*states[int64_t{2}].get_if<Dict>())["exp_avg"] = at::ones({4});

    const absl::Status status = sharded->LoadStateDict(state);

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("optimizer state of p: "));
    const auto all =
        communicator.AllGatherObject(std::string(status.message()));
    ASSERT_TRUE(all.ok()) << all.status();
    for (const Value& other : *all) {
      EXPECT_EQ(*other.get_if<std::string>(), status.message());
    }
    // Nothing has changed.
    StepOnce(whole.get(), 1);
    StepOnce(sharded.get(), 1);
    ExpectSameParams(*sharded, *whole);
  });
}

TEST(ShardedZeroRedundancyOptimizer, ParametersThatThawAreSentOn) {
  RunRanks(3, [](dist::Communicator& communicator) {
    const Numbers numbers = {{"lr", 0.1}};
    const auto whole = Build("AdamW", numbers, /*is_zero=*/false);
    const auto sharded = Build("AdamW", numbers, /*is_zero=*/true);
    ASSERT_TRUE(sharded->ShardOver(&communicator).ok());
    for (int step = 0; step < 4; ++step) {
      for (const auto& optimizer : {whole.get(), sharded.get()}) {
        for (at::Tensor& param : optimizer->param_groups()[0].params) {
          param.set_requires_grad(step >= 2 || param.numel() == 35);
        }
        StepOnce(optimizer, step);
      }
      ExpectSameParams(*sharded, *whole);
    }
  });
}

TEST(ShardedZeroRedundancyOptimizer, OneRankKeepsAll) {
  const auto one = dist::SingleProcess();
  RunProcesses(1, [&](const dist::GroupOptions&) {
    const auto optimizer = Build("SGD", {{"lr", 0.1}}, /*is_zero=*/true);

    EXPECT_TRUE(optimizer->ShardOver(one.get()).ok());

    EXPECT_FALSE(optimizer->is_sharded());
  });
}

TEST(ShardedZeroRedundancyOptimizer, GroupAddedAfterwardsIsRefused) {
  RunProcesses(1, [&](const dist::GroupOptions&) {
    const auto rank = FakeRank(0, 2);
    const auto optimizer = Build("SGD", {{"lr", 0.1}}, /*is_zero=*/true);
    ASSERT_TRUE(optimizer->ShardOver(rank.get()).ok());

    const absl::Status status = optimizer->AddParamGroup(
        {{at::zeros({2}).requires_grad_()}, {"later"}, {}});

    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("dealt out to the ranks already"));
  });
}

TEST(ShardedZeroRedundancyOptimizer, OtherOptimizersKeepAll) {
  RunProcesses(1, [&](const dist::GroupOptions&) {
    const auto rank = FakeRank(0, 2);
    const auto optimizer = Build("SGD", {{"lr", 0.1}}, /*is_zero=*/false);

    EXPECT_TRUE(optimizer->ShardOver(rank.get()).ok());

    EXPECT_FALSE(optimizer->is_sharded());
  });
}

}  // namespace
}  // namespace anneal
