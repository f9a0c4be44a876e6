#include "optim/optimizer.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/options.h"
#include "optim/param_state.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// Remembers the last gradient of each parameter.
class Memory : public Optimizer {
 public:
  Memory()
      : Optimizer(Dict{{"lr", 0.5},
                       {"betas", Value::List{0.9, 0.99}},
                       {"maximize", false},
                       {"fused", Value()}}) {}

  void Step() override {
    for (size_t g = 0; g < param_groups().size(); ++g) {
      for (size_t p = 0; p < param_groups()[g].params.size(); ++p) {
        const at::Tensor& grad = param_groups()[g].params[p].grad();
        if (grad.defined()) last_[g][p] = grad.clone();
      }
    }
  }

  const at::Tensor& last(size_t group, size_t param) const {
    return last_[group][param];
  }

 protected:
  absl::string_view type_name() const override { return "Memory"; }
  absl::Status ValidateOptions(const Dict& options) const override {
    return CheckNotNegative(options, "lr");
  }
  void ParamsAdded() override {
    last_.emplace_back(param_groups().back().params.size());
  }
  Dict ParamState(size_t group, size_t param) const override {
    if (!last_[group][param].defined()) return Dict();
    return Dict{{"last", last_[group][param]}};
  }
  absl::Status CheckParamState(size_t group, size_t param,
                               const Dict& state) const override {
    if (state.empty()) return absl::OkStatus();
    const absl::Status status = CheckStateNames(state, {"last"});
    if (!status.ok()) return status;
    return CheckStateTensor(state, "last", param_groups()[group].params[param]);
  }
  void LoadParamState(size_t group, size_t param, const Dict& state) override {
    last_[group][param] =
        state.empty()
            ? at::Tensor()
            : StateTensor(state, "last", param_groups()[group].params[param]);
  }

 private:
  std::vector<std::vector<at::Tensor>> last_;
};

at::Tensor Param(double value = 1) {
  return at::ones({2, 3}).mul_(value).set_requires_grad(true);
}

ParamGroup Group(Dict options = {}) {
  return {{Param(), Param(2)}, {"fc.weight", "fc.bias"}, std::move(options)};
}

std::unique_ptr<Memory> OfOneGroup(Dict options = {}) {
  auto memory = std::make_unique<Memory>();
  EXPECT_TRUE(memory->AddParamGroup(Group(std::move(options))).ok());
  return memory;
}

TEST(Optimizer, GroupTakesDefaultsForWhatItLacks) {
  const auto memory = OfOneGroup(Dict{{"lr", 2}, {"my_factor", 3}});

  const ParamGroup& group = memory->param_groups()[0];
  EXPECT_EQ(group.real("lr"), 2);
  EXPECT_EQ(group.beta(0), 0.9);
  EXPECT_EQ(group.beta(1), 0.99);
  EXPECT_FALSE(group.flag("maximize"));
  EXPECT_EQ(group.real("my_factor"), 3);
  EXPECT_EQ(*memory->defaults().Find("lr")->get_if<double>(), 0.5);
}

TEST(Optimizer, IntegersOfRealOptionsBecomeReal) {
  const auto memory =
      OfOneGroup(Dict{{"lr", 1}, {"betas", Value::List{0, 0.5}}});

  EXPECT_TRUE(memory->param_groups()[0].options.Find("lr")->get_if<double>());
  EXPECT_EQ(memory->param_groups()[0].beta(0), 0);
}

TEST(Optimizer, ZeroGradMakesGradientsUndefined) {
  const auto memory = OfOneGroup();
  for (at::Tensor& param : memory->param_groups()[0].params) {
    param.mutable_grad() = at::ones({2, 3});
  }

  memory->ZeroGrad();

  for (const at::Tensor& param : memory->param_groups()[0].params) {
    EXPECT_FALSE(param.grad().defined());
  }
}

TEST(Optimizer, StateIsByIndexOverAllGroups) {
  const auto memory = OfOneGroup();
  ASSERT_TRUE(memory->AddParamGroup(Group()).ok());
  memory->param_groups()[1].params[1].mutable_grad() = at::ones({2, 3});
  memory->Step();

  const Value state = memory->state_dict();

  EXPECT_EQ(state.DebugString(),
            "{'state': {3: {'last': Tensor[2, 3] Float}}, 'param_groups': "
            "[{'lr': 0.5, 'betas': [0.9, 0.99], 'maximize': False, 'fused': "
            "None, 'params': [0, 1]}, {'lr': 0.5, 'betas': [0.9, 0.99], "
            "'maximize': False, 'fused': None, 'params': [2, 3]}], 'type': "
            "'Memory'}");
}

TEST(Optimizer, LoadsByTheIndicesOfTheState) {
  const auto memory = OfOneGroup();
  const Value state = Dict{
      {"state", Dict{{int64_t{7}, Dict{{"last", at::ones({2, 3})}}}}},
      {"param_groups",
       Value::List{Dict{{"lr", 3},
                        {"betas", Value::List{0.5, 0.6}},
                        {"initial_lr", 3},
                        {"params", Value::List{int64_t{4}, int64_t{7}}}}}}};

  ASSERT_TRUE(memory->LoadStateDict(state).ok());

  EXPECT_FALSE(memory->last(0, 0).defined());
  EXPECT_TRUE(at::equal(memory->last(0, 1), at::ones({2, 3})));
  EXPECT_EQ(memory->param_groups()[0].real("lr"), 3);
  EXPECT_EQ(memory->param_groups()[0].real("initial_lr"), 3);
  EXPECT_EQ(memory->param_groups()[0].beta(0), 0.5);
  EXPECT_FALSE(memory->param_groups()[0].flag("maximize"));
}

TEST(Optimizer, StateTakesTheParametersDtype) {
  const auto memory = OfOneGroup();
  Value state = memory->state_dict();
  (*state.get_if<Dict>())["state"] =
      Dict{{int64_t{0}, Dict{{"last", at::ones({2, 3}, at::kDouble)}}}};

  ASSERT_TRUE(memory->LoadStateDict(state).ok());

  EXPECT_EQ(memory->last(0, 0).scalar_type(), at::kFloat);
}

TEST(Optimizer, StateWithoutAParameterForgetsIt) {
  const auto memory = OfOneGroup();
  const Value empty = memory->state_dict();
  memory->param_groups()[0].params[0].mutable_grad() = at::ones({2, 3});
  memory->Step();

  ASSERT_TRUE(memory->LoadStateDict(empty).ok());

  EXPECT_FALSE(memory->last(0, 0).defined());
}

struct BadGroup {
  const char* name;
  ParamGroup group;
  const char* word;
};

class OptimizerBadGroup : public ::testing::TestWithParam<BadGroup> {};

TEST_P(OptimizerBadGroup, IsRefusedAndChangesNothing) {
  const auto memory = OfOneGroup();

  const absl::Status status = memory->AddParamGroup(GetParam().group);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
  EXPECT_EQ(memory->param_groups().size(), 1);
}

BadGroup Twice() {
  const at::Tensor param = Param();
  return {"Twice",
          {{Param(), param, param}, {}, {}},
          "parameter 2 is given to Memory twice; remove it"};
}

INSTANTIATE_TEST_SUITE_P(
    Groups, OptimizerBadGroup,
    ::testing::Values(
        BadGroup{"Empty", {}, "Memory got no parameters"}, Twice(),
        BadGroup{"NoLeaf",
                 {{Param().mul(2)}, {"fc.weight"}, {}},
                 "fc.weight is the result of an operation; only leaves"},
        BadGroup{"Nan",
                 Group({{"lr", std::numeric_limits<double>::quiet_NaN()}}),
                 "lr is nan; it must be finite and not negative"},
        BadGroup{"Infinite",
                 Group({{"lr", std::numeric_limits<double>::infinity()}}),
                 "lr is inf"},
        BadGroup{"Negative", Group({{"lr", -1}}), "lr is -1"},
        BadGroup{"NoNumber", Group({{"lr", "fast"}}),
                 "lr is 'fast'; it must be a float"},
        BadGroup{"NoFlag", Group({{"maximize", 1}}),
                 "maximize is 1; it must be a bool"},
        BadGroup{"NoList", Group({{"betas", 0.9}}),
                 "betas is 0.9; it must be a list"}),
    [](const auto& info) { return info.param.name; });

TEST(Optimizer, ParameterOfAnotherGroupIsRefused) {
  const auto memory = OfOneGroup();
  const at::Tensor param = memory->param_groups()[0].params[1];

  const absl::Status status =
      memory->AddParamGroup({{Param(), param}, {"a", "b"}, {}});

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("b is given to Memory twice"));
}

Dict GroupState(Value::List params) {
  return Dict{{"lr", 0.1},
              {"betas", Value::List{0.9, 0.99}},
              {"params", std::move(params)}};
}

Value State(Dict state, Dict group) {
  return Dict{{"state", std::move(state)},
              {"param_groups", Value::List{std::move(group)}}};
}

const Value::List& TwoParams() {
  static const auto* params = new Value::List{int64_t{0}, int64_t{1}};
  return *params;
}

Dict With(Dict dict, const char* key, Value value) {
  dict[key] = std::move(value);
  return dict;
}

struct BadState {
  const char* name;
  Value state;
  absl::StatusCode code;
  const char* word;
};

class OptimizerBadState : public ::testing::TestWithParam<BadState> {};

TEST_P(OptimizerBadState, IsRefusedAndChangesNothing) {
  const auto memory = OfOneGroup();
  const Value before = memory->state_dict();

  const absl::Status status = memory->LoadStateDict(GetParam().state);

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
  EXPECT_TRUE(BitIdentical(memory->state_dict(), before));
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

INSTANTIATE_TEST_SUITE_P(
    States, OptimizerBadState,
    ::testing::Values(
        BadState{"NoDict", 3, kInvalid, "optimizer"},
        BadState{"NoGroups", Dict{{"state", Dict()}},
                 absl::StatusCode::kNotFound, "param_groups"},
        BadState{"NoState", Dict{{"param_groups", Value::List()}},
                 absl::StatusCode::kNotFound, "state"},
        BadState{"GroupCount",
                 Dict{{"state", Dict()}, {"param_groups", Value::List()}},
                 kInvalid,
                 "with 0 parameter groups, this one has 1; build it as"},
        BadState{"ParamCount", State({}, GroupState({int64_t{0}})), kInvalid,
                 "the state has 1 parameters, the optimizer 2"},
        BadState{"NoParams",
                 State({}, Dict{{"lr", 0.1}, {"betas", Value::List{0., 0.}}}),
                 absl::StatusCode::kNotFound, "params"},
        BadState{"NoIndex", State({}, GroupState({"a", "b"})), kInvalid,
                 "optimizer.param_groups.0"},
        BadState{"OtherOptimizer",
                 State({}, Dict{{"lr", 0.1},
                                {"momentum", 0.9},
                                {"params", TwoParams()}}),
                 kInvalid,
                 "has no betas: the state is of another optimizer than Memory"},
        BadState{"Rate", State({}, With(GroupState(TwoParams()), "lr", -1)),
                 kInvalid, "lr is -1"},
        BadState{"Kind",
                 State({}, With(GroupState(TwoParams()), "maximize", "yes")),
                 kInvalid, "maximize is 'yes'; it must be a bool"},
        BadState{"NoFields", State({{int64_t{1}, 3}}, GroupState(TwoParams())),
                 kInvalid, "optimizer.state.1"},
        BadState{"UnknownField",
                 State({{int64_t{1}, Dict{{"exp_avg", at::zeros({2, 3})}}}},
                       GroupState(TwoParams())),
                 kInvalid,
                 "optimizer state of fc.bias: unknown exp_avg; the state is of "
                 "another optimizer, this one has last"},
        BadState{"Shape",
                 State({{int64_t{1}, Dict{{"last", at::zeros({3, 2})}}}},
                       GroupState(TwoParams())),
                 kInvalid,
                 "optimizer state of fc.bias: last has shape [3, 2], the "
                 "parameter [2, 3]"},
        BadState{
            "NoTensor",
            State({{int64_t{0}, Dict{{"last", 1}}}}, GroupState(TwoParams())),
            kInvalid, "last"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
