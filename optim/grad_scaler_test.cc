#include "optim/grad_scaler.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "dist/communicator.h"
#include "optim/sgd.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// One parameter of two elements, 1 and -2, and SGD of rate 0.1.
struct Problem {
  Problem() : param(at::tensor({1.0f, -2.0f}).set_requires_grad(true)) {
    SGDConfig config;
    config.set_lr(0.1);
    sgd = *SGD::Create(config, {{{param}, {"weight"}, {}}});
  }

  void Backward(const GradScaler& scaler, double factor) {
    sgd->ZeroGrad();
    scaler.Scale(param.sum().mul(factor)).backward();
  }
  // As torch's usual step; the gradient after Unscale.
  double Step(GradScaler* scaler, double factor) {
    Backward(*scaler, factor);
    scaler->Unscale(sgd.get());
    const double gradient = param.grad()[0].item<double>();
    scaler->Step(sgd.get());
    scaler->Update();
    return gradient;
  }
  double first() const { return param[0].item<double>(); }

  at::Tensor param;
  std::unique_ptr<SGD> sgd;
};

int64_t Tracker(const GradScaler& scaler) {
  const Value state = scaler.state_dict();
  return *state.get_if<Dict>()->Find("_growth_tracker")->get_if<int64_t>();
}

void ExpectSame(double actual, double expected, const std::string& line) {
  if (std::isnan(expected)) {
    EXPECT_TRUE(std::isnan(actual)) << line;
  } else {
    EXPECT_EQ(actual, expected) << line;
  }
}

TEST(GradScaler, UnscalesSparseGradients) {
  Problem problem;
  GradScaler::Options options;
  options.init_scale = 8;
  GradScaler scaler(options);
  at::Tensor(problem.param).mutable_grad() =
      at::tensor({0.0f, 16.0f}).to_sparse();

  scaler.Unscale(problem.sgd.get());

  EXPECT_EQ(problem.param.grad().to_dense()[1].item<double>(), 2);
  EXPECT_TRUE(scaler.Step(problem.sgd.get()));
  EXPECT_NEAR(problem.param[1].item<double>(), -2.2, 1e-6);
}

TEST(GradScaler, StepsByAFactorThatUnscales) {
  Problem problem;
  GradScaler::Options options;
  options.init_scale = 8;
  GradScaler scaler(options);
  problem.Backward(scaler, 1);

  scaler.SkipUnscale(problem.sgd.get());

  EXPECT_THROW(scaler.Unscale(problem.sgd.get()), c10::Error);
  EXPECT_TRUE(scaler.Step(problem.sgd.get(), 1 / scaler.scale()));
  EXPECT_NEAR(problem.first(), 0.9, 1e-6);
}

TEST(GradScaler, EqualsTorch) {
  std::ifstream golden("optim/grad_scaler_golden.txt");
  std::unique_ptr<GradScaler> scaler;
  std::unique_ptr<Problem> problem;
  int num_steps = 0;
  std::string line;
  while (std::getline(golden, line)) {
    std::istringstream words(line);
    std::string word;
    std::vector<double> numbers;
    words >> word;
    const bool is_case = word == "case";
    while (words >> word) numbers.push_back(std::stod(word));
    if (is_case) {
      GradScaler::Options options;
      options.init_scale = numbers[0];
      options.growth_factor = numbers[1];
      options.backoff_factor = numbers[2];
      options.growth_interval = static_cast<int64_t>(numbers[3]);
      scaler = std::make_unique<GradScaler>(options);
      problem = std::make_unique<Problem>();
      continue;
    }
    ++num_steps;
    ExpectSame(problem->Step(scaler.get(), numbers[0]), numbers[1], line);
    // The optimizer's own rounding.
    EXPECT_NEAR(problem->first(), numbers[2], 1e-6 * std::abs(numbers[2]));
    EXPECT_NEAR(problem->param[1].item<double>(), numbers[3],
                1e-6 * std::abs(numbers[3]));
    ExpectSame(scaler->scale(), numbers[4], line);
    EXPECT_EQ(Tracker(*scaler), numbers[5]) << line;
  }
  EXPECT_EQ(num_steps, 4 * 16);
}

TEST(GradScaler, StepUnscalesWhatIsNotUnscaled) {
  Problem problem;
  GradScaler scaler({});
  problem.Backward(scaler, 1);

  EXPECT_TRUE(scaler.Step(problem.sgd.get()));

  EXPECT_FLOAT_EQ(problem.first(), 0.9f);
}

TEST(GradScaler, SkipsOnlyTheOptimizerWithInfinities) {
  Problem good;
  Problem bad;
  GradScaler scaler({});
  good.Backward(scaler, 1);
  bad.Backward(scaler, kInfinity);
  scaler.Unscale(bad.sgd.get());
  scaler.Unscale(good.sgd.get());

  EXPECT_FALSE(scaler.Step(bad.sgd.get()));
  EXPECT_TRUE(scaler.Step(good.sgd.get()));
  scaler.Update();

  EXPECT_EQ(bad.first(), 1);
  EXPECT_EQ(scaler.scale(), 32768);
}

TEST(GradScaler, InfinityOnAnotherRankSkipsTheStep) {
  Problem problem;
  GradScaler scaler({});
  int num_calls = 0;
  scaler.set_rank_reduction([&](at::Tensor* number, dist::ReduceOp op) {
    EXPECT_EQ(op, dist::ReduceOp::kMax);
    EXPECT_EQ(number->item<float>(), 0);
    number->fill_(++num_calls == 1 ? 1 : 0);
  });

  for (const double first : {1.0, 0.9}) {
    problem.Step(&scaler, 1);
    EXPECT_FLOAT_EQ(problem.first(), first);
  }

  EXPECT_EQ(scaler.scale(), 32768);
  EXPECT_EQ(num_calls, 2);
}

TEST(GradScaler, RankWithoutGradientsLearnsOfOthersInfinities) {
  Problem problem;
  GradScaler scaler({});
  scaler.set_rank_reduction(
      [](at::Tensor* number, dist::ReduceOp) { number->fill_(1); });

  EXPECT_FALSE(scaler.Step(problem.sgd.get()));
}

TEST(GradScaler, FixedScaleStays) {
  GradScaler::Options options;
  options.init_scale = 128;
  options.is_dynamic = false;
  options.growth_interval = 1;
  GradScaler scaler(options);
  Problem problem;

  for (const double factor : {1.0, kInfinity, 1.0}) {
    problem.Step(&scaler, factor);
    EXPECT_EQ(scaler.scale(), 128);
  }
}

TEST(GradScaler, CallsOutOfOrderThrow) {
  Problem problem;
  GradScaler scaler({});
  EXPECT_THROW(scaler.Update(), c10::Error);

  problem.Backward(scaler, 1);
  scaler.Unscale(problem.sgd.get());
  EXPECT_THROW(scaler.Unscale(problem.sgd.get()), c10::Error);

  scaler.Step(problem.sgd.get());
  EXPECT_THROW(scaler.Step(problem.sgd.get()), c10::Error);
  scaler.Update();
}

TEST(GradScaler, GradientInHalfThrows) {
  const at::Tensor param = at::ones({2}, at::kHalf).set_requires_grad(true);
  SGDConfig config;
  config.set_lr(0.1);
  const auto sgd = *SGD::Create(config, {{{param}, {}, {}}});
  at::Tensor(param).mutable_grad() = at::ones({2}, at::kHalf);
  GradScaler scaler({});

  EXPECT_THROW(scaler.Unscale(sgd.get()), c10::Error);
}

TEST(GradScaler, StateIsTorchs) {
  EXPECT_EQ(GradScaler({}).state_dict().DebugString(),
            "{'scale': 65536, 'growth_factor': 2, 'backoff_factor': 0.5, "
            "'growth_interval': 2000, '_growth_tracker': 0}");
}

TEST(GradScaler, GoesOnFromItsState) {
  const std::vector<double> factors = {1, kInfinity, 1, 1, 1, kInfinity, 1, 1};
  GradScaler::Options options;
  options.growth_interval = 2;
  options.growth_factor = 1.7;
  Problem problem;
  GradScaler whole(options);
  for (int i = 0; i < 4; ++i) problem.Step(&whole, factors[i]);
  GradScaler resumed({});

  ASSERT_TRUE(resumed.LoadStateDict(whole.state_dict()).ok());

  for (int i = 4; i < 8; ++i) {
    problem.Step(&whole, factors[i]);
    problem.Step(&resumed, factors[i]);
    EXPECT_TRUE(BitIdentical(resumed.state_dict(), whole.state_dict()));
  }
}

TEST(GradScaler, LoadingKeepsAFixedScale) {
  GradScaler::Options options;
  options.init_scale = 128;
  options.is_dynamic = false;
  GradScaler scaler(options);

  ASSERT_TRUE(scaler.LoadStateDict(GradScaler({}).state_dict()).ok());

  EXPECT_EQ(scaler.scale(), 128);
}

struct BadState {
  const char* name;
  const char* key;  // erased where the value is None
  Value value;
  absl::StatusCode code;
};

class GradScalerBadState : public ::testing::TestWithParam<BadState> {};

TEST_P(GradScalerBadState, IsRefusedAndChangesNothing) {
  GradScaler scaler({});
  Value state = scaler.state_dict();
  if (GetParam().value.is_none()) {
    state.get_if<Dict>()->Erase(std::string(GetParam().key));
  } else {
    (*state.get_if<Dict>())[GetParam().key] = GetParam().value;
  }

  const absl::Status status = scaler.LoadStateDict(state);

  EXPECT_EQ(status.code(), GetParam().code);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().key));
  EXPECT_TRUE(BitIdentical(scaler.state_dict(), GradScaler({}).state_dict()));
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kMissing = absl::StatusCode::kNotFound;

INSTANTIATE_TEST_SUITE_P(
    States, GradScalerBadState,
    ::testing::Values(BadState{"NoScale", "scale", {}, kMissing},
                      BadState{"NoGrowth", "growth_factor", {}, kMissing},
                      BadState{"NoBackoff", "backoff_factor", {}, kMissing},
                      BadState{"NoInterval", "growth_interval", {}, kMissing},
                      BadState{"NoTracker", "_growth_tracker", {}, kMissing},
                      BadState{"Zero", "scale", 0.0, kInvalid},
                      BadState{"Infinite", "scale", kInfinity, kInvalid},
                      BadState{"Text", "growth_factor", "two", kInvalid}),
    [](const auto& info) { return info.param.name; });

TEST(GradScaler, StepTakesTheGradientsTimesAFactor) {
  Problem problem;
  GradScaler scaler{GradScaler::Options()};
  problem.Backward(scaler, 1);

  EXPECT_TRUE(scaler.Step(problem.sgd.get(), 0.5));

  EXPECT_NEAR(problem.first(), 0.95, 1e-6);
}

TEST(GradScaler, ScaleStaysBelowItsBound) {
  GradScaler::Options options;
  options.growth_interval = 1;
  options.max_scale = 65536 * 3;
  GradScaler scaler(options);
  Problem problem;

  problem.Step(&scaler, 1);
  EXPECT_EQ(scaler.scale(), 65536 * 2);
  problem.Step(&scaler, 1);

  EXPECT_EQ(scaler.scale(), 65536 * 3);
}

TEST(GradScaler, ThrowsRatherThanScaleByZero) {
  GradScaler::Options options;
  options.init_scale = 2e-38;
  GradScaler scaler(options);
  Problem problem;

  try {
    problem.Step(&scaler, kInfinity);
    FAIL();
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("the model has diverged"));
  }
  EXPECT_EQ(problem.first(), 1);
}

struct BadOptions {
  const char* name;
  GradScaler::Options options;
  const char* message;
};

template <typename T>
BadOptions Bad(const char* name, T GradScaler::Options::*field, double value,
               const char* message) {
  BadOptions bad{name, GradScaler::Options(), message};
  bad.options.*field = static_cast<T>(value);
  return bad;
}

class GradScalerBadOptions : public ::testing::TestWithParam<BadOptions> {};

TEST_P(GradScalerBadOptions, AreRefused) {
  const absl::Status status = GradScaler::CheckOptions(GetParam().options);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
}

using Options = GradScaler::Options;

INSTANTIATE_TEST_SUITE_P(
    Options, GradScalerBadOptions,
    ::testing::Values(
        Bad("Zero", &Options::init_scale, 0, "the scale is 0"),
        Bad("Negative", &Options::init_scale, -1, "the scale is -1"),
        Bad("Nan", &Options::init_scale, std::nan(""), "the scale is nan"),
        Bad("Infinity", &Options::init_scale, kInfinity, "the scale is inf"),
        Bad("BeyondFloat", &Options::init_scale, 1e39, "in float32's range"),
        Bad("Growth", &Options::growth_factor, 1, "growth_factor is 1"),
        Bad("Backoff", &Options::backoff_factor, 1, "backoff_factor is 1"),
        Bad("NoBackoff", &Options::backoff_factor, 0, "backoff_factor is 0"),
        Bad("Interval", &Options::growth_interval, 0, "growth_interval is 0"),
        Bad("Minimum", &Options::min_scale, 65537, "the lower bound is 65537"),
        Bad("Maximum", &Options::max_scale, 1024, "the upper bound is 1024")),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
