#include "strategy/gradient_reducer.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/pow.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "dist/communicator.h"
#include "tests/support/captured_log.h"
#include "tests/support/ranks.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;

// Parameters a and b, of two elements each, and their reducer.
struct Pair {
  Pair(dist::Communicator& communicator, const ModelWrapperConfig& config)
      : a(at::ones({2}).requires_grad_()),
        b(at::ones({2}).requires_grad_()),
        reducer(config, {{"a", a}, {"b", b}}, communicator.process_group()) {}

  void ResetGrads() {
    a.mutable_grad().reset();
    b.mutable_grad().reset();
  }

  at::Tensor a;
  at::Tensor b;
  GradientReducer reducer;
};

// That both elements are `value`.
void ExpectGrad(const at::Tensor& param, double value) {
  ASSERT_TRUE(param.grad().defined());
  EXPECT_TRUE(at::equal(param.grad(), at::full({2}, value))) << param.grad();
}

struct Options {
  const char* name;
  bool find_unused_parameters;
  bool static_graph;
  bool gradient_as_bucket_view;
  const char* comm_hook;
};

ModelWrapperConfig ToConfig(const Options& options) {
  ModelWrapperConfig config;
  config.set_find_unused_parameters(options.find_unused_parameters);
  config.set_static_graph(options.static_graph);
  config.set_gradient_as_bucket_view(options.gradient_as_bucket_view);
  if (options.comm_hook[0] != '\0') config.set_comm_hook(options.comm_hook);
  return config;
}

class GradientReducerOptions : public ::testing::TestWithParam<Options> {};

TEST_P(GradientReducerOptions, AveragesOverRanksInEveryStep) {
  for (const int world_size : {2, 4}) {
    RunRanks(world_size, [](dist::Communicator& communicator) {
      Pair pair(communicator, ToConfig(GetParam()));
      const double mean = (communicator.world_size() + 1) / 2.0;
      for (int step = 1; step <= 4; ++step) {
        const double factor = step * (communicator.rank() + 1);

        pair.reducer.Backward((pair.a * factor + pair.b * 2).sum(), true);

        ExpectGrad(pair.a, step * mean);
        ExpectGrad(pair.b, 2);
        pair.ResetGrads();
      }
    });
  }
}

TEST_P(GradientReducerOptions, AccumulatesUntilItIsToSync) {
  RunRanks(2, [](dist::Communicator& communicator) {
    Pair pair(communicator, ToConfig(GetParam()));
    const double factor = communicator.rank() + 1;
    for (int window = 0; window < 3; ++window) {
      for (int i = 0; i < 3; ++i) {
        if (i > 0) ExpectGrad(pair.a, i * factor);

        pair.reducer.Backward((pair.a * factor + pair.b).sum(), i == 2);
      }
      ExpectGrad(pair.a, 3 * 1.5);
      ExpectGrad(pair.b, 3);
      pair.ResetGrads();
    }
  });
}

INSTANTIATE_TEST_SUITE_P(
    Options, GradientReducerOptions,
    ::testing::Values(
        Options{"Default", false, false, true, ""},
        Options{"Copies", false, false, false, ""},
        Options{"FindUnused", true, false, true, ""},
        Options{"FindUnusedCopies", true, false, false, ""},
        Options{"Static", false, true, true, ""},
        Options{"StaticCopies", false, true, false, ""},
        Options{"Allreduce", false, false, true, "allreduce_hook"},
        Options{"Fp16", false, false, true, "fp16_compress_hook"},
        Options{"Fp16Copies", false, false, false, "fp16_compress_hook"}),
    [](const auto& info) { return info.param.name; });

TEST(GradientReducer, ParameterThatNoRankUsesIsLeftAlone) {
  RunRanks(2, [](dist::Communicator& communicator) {
    for (const bool is_static : {false, true}) {
      ModelWrapperConfig config;
      config.set_static_graph(is_static);
      config.set_find_unused_parameters(!is_static);
      Pair pair(communicator, config);
      for (int step = 0; step < 3; ++step) {
        pair.reducer.Backward((pair.a * (communicator.rank() + 1)).sum(), true);

        ExpectGrad(pair.a, 1.5);
        EXPECT_FALSE(pair.b.grad().defined());
        pair.ResetGrads();
      }
    }
  });
}

TEST(GradientReducer, ParameterThatOneRankUsesIsZeroOnTheOthers) {
  RunRanks(2, [](dist::Communicator& communicator) {
    ModelWrapperConfig config;
    config.set_find_unused_parameters(true);
    Pair pair(communicator, config);
    for (int step = 0; step < 3; ++step) {
      at::Tensor loss = pair.a.sum();
      // Another one in each step.
      if (communicator.rank() == step % 2) loss = loss + pair.b.sum();

      pair.reducer.Backward(loss, true);

      ExpectGrad(pair.a, 1);
      ExpectGrad(pair.b, 0.5);
      pair.ResetGrads();
    }
  });
}

TEST(GradientReducer, UnusedParameterEndsTheStepWithItsName) {
  RunRanks(2, [](dist::Communicator& communicator) {
    Pair pair(communicator, ModelWrapperConfig());
    try {
      pair.reducer.Backward(pair.a.sum(), true);
      FAIL();
    } catch (const c10::ValueError& error) {
      EXPECT_THAT(error.what(),
                  AllOf(HasSubstr("does not depend on b,"),
                        HasSubstr("set find_unused_parameters: true")));
    }
  });
}

TEST(GradientReducer, ParameterUsedOnlyBeforeTheSyncIsUnused) {
  RunRanks(2, [](dist::Communicator& communicator) {
    Pair pair(communicator, ModelWrapperConfig());
    pair.reducer.Backward((pair.a + pair.b).sum(), false);

    EXPECT_THROW(pair.reducer.Backward(pair.a.sum(), true), c10::ValueError);
  });
}

TEST(GradientReducer, ParameterUsedOnlyBeforeTheSyncIsFound) {
  RunRanks(2, [](dist::Communicator& communicator) {
    ModelWrapperConfig config;
    config.set_find_unused_parameters(true);
    Pair pair(communicator, config);
    pair.reducer.Backward((pair.a + pair.b * 3).sum(), false);

    pair.reducer.Backward(pair.a.sum(), true);

    ExpectGrad(pair.a, 2);
    ExpectGrad(pair.b, 3);
  });
}

TEST(GradientReducer, StaticGraphMayDifferBetweenRanks) {
  RunRanks(2, [](dist::Communicator& communicator) {
    ModelWrapperConfig config;
    config.set_static_graph(true);
    Pair pair(communicator, config);
    for (int step = 0; step < 3; ++step) {
      at::Tensor loss = pair.a.sum();
      if (communicator.rank() == 1) loss = loss + pair.b.sum();

      pair.reducer.Backward(loss, true);

      ExpectGrad(pair.a, 1);
      ExpectGrad(pair.b, 0.5);
      pair.ResetGrads();
    }
  });
}

TEST(GradientReducer, GraphThatIsNotStaticEndsTheStep) {
  RunRanks(2, [](dist::Communicator& communicator) {
    ModelWrapperConfig config;
    config.set_static_graph(true);
    Pair pair(communicator, config);
    pair.reducer.Backward(pair.a.sum(), true);
    pair.ResetGrads();
    try {
      pair.reducer.Backward((pair.a + pair.b).sum(), true);
      FAIL();
    } catch (const c10::ValueError& error) {
      EXPECT_THAT(error.what(), HasSubstr("b has a gradient, but had none"));
    }
  });
}

TEST(GradientReducer, ParameterUsedTwiceIsReducedOnce) {
  RunRanks(2, [](dist::Communicator& communicator) {
    Pair pair(communicator, ModelWrapperConfig());
    const double factor = communicator.rank() + 1;

    pair.reducer.Backward((pair.a * pair.b * factor + pair.a).sum(), true);

    ExpectGrad(pair.a, 2.5);
    ExpectGrad(pair.b, 1.5);
  });
}

TEST(GradientReducer, BackwardThatThrowsThrowsOn) {
  RunRanks(2, [](dist::Communicator& communicator) {
    Pair pair(communicator, ModelWrapperConfig());
    const at::Tensor loss = pair.a.sum() + pair.b.sum();
    loss.register_hook([](const at::Tensor&) -> at::Tensor {
      TORCH_CHECK(false, "no backward here");
    });

    EXPECT_THROW(pair.reducer.Backward(loss, true), c10::Error);
  });
}

TEST(GradientReducer, InfinityOfOneRankIsThatOfAll) {
  RunRanks(3, [](dist::Communicator& communicator) {
    Pair pair(communicator, ModelWrapperConfig());
    const double factor = communicator.rank() == 1 ? INFINITY : 1;

    pair.reducer.Backward((pair.a * factor + pair.b).sum(), true);

    ExpectGrad(pair.a, INFINITY);
    ExpectGrad(pair.b, 1);
  });
}

TEST(GradientReducer, BucketsOfAnySizeGiveTheSame) {
  RunRanks(2, [](dist::Communicator& communicator) {
    for (const double megabytes : {1e-6, 1.0}) {
      for (const bool finds_unused : {false, true}) {
        ModelWrapperConfig config;
        config.set_bucket_cap_mb(megabytes);
        config.set_find_unused_parameters(finds_unused);
        Pair pair(communicator, config);
        for (int step = 0; step < 3; ++step) {
          const double factor = communicator.rank() + step;
          pair.reducer.Backward((pair.a * factor + pair.b * 4).sum(), true);

          ExpectGrad(pair.a, step + 0.5);
          ExpectGrad(pair.b, 4);
          pair.ResetGrads();
        }
      }
    }
  });
}

// Elements whose sums over ranks depend on the order of the ranks.
at::Tensor Uneven(int64_t size, int rank) {
  return at::arange(size, at::kDouble)
      .mul(0.37)
      .add(1.7 * rank)
      .sin()
      .pow(9)
      .to(at::kFloat);
}

class GradientReducerBits : public ::testing::TestWithParam<bool> {};

// A reducer made anew, as by a run that is resumed, has the bits of one that
// has made steps before.
TEST_P(GradientReducerBits, AreThoseOfTheFirstStepInAllSteps) {
  for (const int world_size : {2, 3, 4}) {
    RunRanks(world_size, [](dist::Communicator& communicator) {
      // The first is used last, and none is a whole bucket.
      std::vector<GradientReducer::Param> params;
      for (const int64_t size : {1000, 77, 3001, 13, 513}) {
        params.push_back({"p", at::ones({size}).requires_grad_()});
      }
      ModelWrapperConfig config;
      config.set_bucket_cap_mb(0.01);
      config.set_static_graph(GetParam());
      GradientReducer reducer(config, params, communicator.process_group());
      std::vector<at::Tensor> first;
      for (int step = 0; step < 3; ++step) {
        at::Tensor loss = at::zeros({});
        for (const auto& param : params) {
          loss = loss + (param.tensor *
                         Uneven(param.tensor.numel(), communicator.rank()))
                            .sum();
        }

        reducer.Backward(loss, true);

        for (size_t i = 0; i < params.size(); ++i) {
          at::Tensor& grad = params[i].tensor.mutable_grad();
          if (step == 0) {
            first.push_back(grad.clone());
          } else {
            EXPECT_TRUE(at::equal(grad, first[i])) << step << ", " << i;
          }
          grad.reset();
        }
      }
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Graphs, GradientReducerBits, ::testing::Bool(),
                         [](const auto& info) {
                           return info.param ? "Static" : "Default";
                         });

TEST(GradientReducer, AnomalousParametersAreLoggedWhereTheyChange) {
  RunRanks(2, [](dist::Communicator& communicator) {
    ModelWrapperConfig config;
    config.set_find_unused_parameters(true);
    config.set_detect_anomalous_params(true);
    Pair pair(communicator, config);
    // The ranks have one temporary folder.
    absl::optional<CapturedLog> log;
    if (communicator.is_main_rank()) log.emplace();
    const auto lines = [&] {
      return log ? log->Lines() : std::vector<std::string>();
    };
    const int times = communicator.is_main_rank() ? 1 : 0;

    for (int step = 0; step < 3; ++step) {
      pair.reducer.Backward(pair.a.sum(), true);
      pair.ResetGrads();
    }
    EXPECT_THAT(lines(), Contains(HasSubstr("b with shape [2] is not in the "
                                            "computational graph"))
                             .Times(times));
    EXPECT_THAT(lines(), Not(Contains(HasSubstr("a with shape"))));
    pair.reducer.Backward(pair.b.sum(), true);
    EXPECT_THAT(lines(), Contains(HasSubstr("a with shape")).Times(times));
  });
}

struct BadField {
  const char* name;
  void (*set)(ModelWrapperConfig*);
  const char* message;
};

class GradientReducerBadField : public ::testing::TestWithParam<BadField> {};

TEST_P(GradientReducerBadField, IsNamed) {
  ModelWrapperConfig config;
  GetParam().set(&config);

  const absl::Status status = GradientReducer::CheckConfig(config);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, GradientReducerBadField,
    ::testing::Values(
        BadField{
            "Bucket",
            [](ModelWrapperConfig* config) { config->set_bucket_cap_mb(0); },
            "bucket_cap_mb is 0; it must be above 0"},
        BadField{"HugeBucket",
                 [](ModelWrapperConfig* config) {
                   config->set_bucket_cap_mb(1e300);
                 },
                 "bucket_cap_mb is 1e+300; it must be above 0 and at most"},
        BadField{"Hook",
                 [](ModelWrapperConfig* config) {
                   config->set_comm_hook("fp8_hook");
                 },
                 "comm_hook is \"fp8_hook\"; it must be one of allreduce"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
