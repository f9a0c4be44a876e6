#include "optim/adam.h"

#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "optim/adamw.h"
#include "optim/mlp_golden.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

template <typename T>
absl::StatusOr<std::unique_ptr<Optimizer>> Create(
    const std::string& text, const std::vector<ParamGroup>& groups) {
  typename T::Config config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &config));
  auto optimizer = T::Create(config, groups);
  if (!optimizer.ok()) return optimizer.status();
  return std::unique_ptr<Optimizer>(*std::move(optimizer));
}

std::vector<ParamGroup> OneGroup() {
  return {
      ParamGroup{{at::ones({2, 3}).set_requires_grad(true)}, {"weight"}, {}}};
}

TEST(Adam, AmsgradMayStartAnew) {
  const std::vector<ParamGroup> groups = OneGroup();
  const auto without = *Create<Adam>("lr: 0.5", groups);
  at::Tensor param = groups[0].params[0];
  param.mutable_grad() = at::ones({2, 3});
  without->Step();
  const auto with = *Create<Adam>("lr: 0.5 amsgrad: true", groups);
  Value state = DeepCopy(without->state_dict());
  (*state.get_if<Dict>())["param_groups"] =
      *with->state_dict().get_if<Dict>()->Find("param_groups");

  ASSERT_TRUE(with->LoadStateDict(state).ok());
  with->Step();

  EXPECT_THAT(with->state_dict().DebugString(), HasSubstr("max_exp_avg_sq"));
}

TEST(Adam, ParameterWithoutGradientHasNoState) {
  const auto adam = *Create<Adam>("", OneGroup());

  adam->Step();

  EXPECT_TRUE(adam->state_dict()
                  .get_if<Dict>()
                  ->Find("state")
                  ->get_if<Dict>()
                  ->empty());
}

struct BadConfig {
  const char* name;
  const char* config;
  const char* word;
};

class AdamBadConfig : public ::testing::TestWithParam<BadConfig> {};

TEST_P(AdamBadConfig, IsRefused) {
  for (const absl::Status& status :
       {Create<Adam>(GetParam().config, OneGroup()).status(),
        Create<AdamW>(GetParam().config, OneGroup()).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Configs, AdamBadConfig,
    ::testing::Values(
        BadConfig{"NegativeRate", "lr: -1",
                  "lr is -1; it must be finite and not negative"},
        BadConfig{"NanRate", "lr: nan", "lr is nan"},
        BadConfig{"Eps", "eps: -1e-8", "eps is -1e-08"},
        BadConfig{"WeightDecay", "weight_decay: -0.1", "weight_decay is -0.1"},
        BadConfig{"OneBeta", "betas: 0.9", "betas has 1 numbers"},
        BadConfig{"FirstBeta", "betas: 1 betas: 0.9",
                  "betas has 1; each must be in [0, 1)"},
        BadConfig{"SecondBeta", "betas: 0.9 betas: -0.1", "betas has -0.1"},
        BadConfig{"NanBeta", "betas: nan betas: 0.9", "betas has nan"}),
    [](const auto& info) { return info.param.name; });

TEST(Adam, StateOfTheOtherKindOfDecayIsRefused) {
  const auto adam = *Create<Adam>("", OneGroup());
  const auto adamw = *Create<AdamW>("", OneGroup());

  Value state = adamw->state_dict();

  const absl::Status status = adam->LoadStateDict(state);
  // As Python writes it.
  state.get_if<Dict>()->Erase(std::string("type"));
  const absl::Status of_python = adam->LoadStateDict(state);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("of another optimizer than Adam: AdamW"));
  EXPECT_EQ(of_python.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(of_python.message()),
              HasSubstr("AdamW is meant; this is Adam"));
}

struct BadState {
  const char* name;
  Value fields;
  absl::StatusCode code;
  const char* word;
};

class AdamBadState : public ::testing::TestWithParam<BadState> {};

TEST_P(AdamBadState, IsRefusedAndChangesNothing) {
  const auto adam = *Create<Adam>("", OneGroup());
  Value state = adam->state_dict();
  const Value before = DeepCopy(state);
  (*state.get_if<Dict>())["state"] = Dict{{int64_t{0}, GetParam().fields}};

  const absl::Status status = adam->LoadStateDict(state);

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().word));
  EXPECT_TRUE(BitIdentical(adam->state_dict(), before));
}

const at::Tensor& Moment() {
  static const at::Tensor* moment = new at::Tensor(at::zeros({2, 3}));
  return *moment;
}

INSTANTIATE_TEST_SUITE_P(
    States, AdamBadState,
    ::testing::Values(
        BadState{"NoStep",
                 Dict{{"exp_avg", Moment()}, {"exp_avg_sq", Moment()}},
                 absl::StatusCode::kNotFound, "step"},
        BadState{"ManySteps",
                 Dict{{"step", Moment()},
                      {"exp_avg", Moment()},
                      {"exp_avg_sq", Moment()}},
                 absl::StatusCode::kInvalidArgument,
                 "step has 6 elements; it must be one number"},
        BadState{"NoSquare", Dict{{"step", 1}, {"exp_avg", Moment()}},
                 absl::StatusCode::kNotFound, "exp_avg_sq"},
        BadState{"Shape",
                 Dict{{"step", 1},
                      {"exp_avg", Moment()},
                      {"exp_avg_sq", at::zeros({6})}},
                 absl::StatusCode::kInvalidArgument,
                 "weight: exp_avg_sq has shape [6], the parameter [2, 3]"},
        BadState{"MaxShape",
                 Dict{{"step", 1},
                      {"exp_avg", Moment()},
                      {"exp_avg_sq", Moment()},
                      {"max_exp_avg_sq", at::zeros({6})}},
                 absl::StatusCode::kInvalidArgument, "max_exp_avg_sq"},
        BadState{"OfSGD", Dict{{"momentum_buffer", Moment()}},
                 absl::StatusCode::kInvalidArgument,
                 "unknown momentum_buffer; the state is of another optimizer"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
