#include "model/sync_batch_norm.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <numeric>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "tests/support/fake_rank.h"
#include "tests/support/ranks.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

struct Case {
  std::string name;
  // Samples of each rank.
  std::vector<int64_t> batch_sizes;
  // Of a sample: (channels, ...).
  std::vector<int64_t> shape = {5, 4, 3};
  at::ScalarType dtype = at::kFloat;
  at::ScalarType parameter_dtype = at::kFloat;
  bool affine = true;
  bool tracks = true;
  at::MemoryFormat format = at::MemoryFormat::Contiguous;
  double momentum = 0.1;
};

void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// Outputs are about 1, gradients sums over up to 300 values.
double ToleranceOf(const Case& c) {
  switch (c.dtype) {
    case at::kDouble:
      return 1e-12;
    case at::kBFloat16:
      return 1.6e-2;  // two roundings to eight bits, of values up to 3
    default:
      return 1e-5;
  }
}

// What a rank, or one process with all samples, has and gets.
struct Pass {
  at::Tensor input;
  BatchNormParameters parameters;
  at::Tensor output;
};

Pass MakePass(const Case& c, const at::Tensor& input, at::ScalarType dtype,
              at::ScalarType parameter_dtype) {
  const int64_t num_channels = c.shape[0];
  const auto options = at::TensorOptions(parameter_dtype);
  Pass pass;
  pass.input = input.detach().to(dtype).contiguous(c.format).requires_grad_();
  pass.parameters.momentum = c.momentum;
  pass.parameters.eps = 1e-3;
  if (c.affine) {
    pass.parameters.weight =
        (at::arange(num_channels, options) / 4 + 0.5).requires_grad_();
    pass.parameters.bias =
        (at::arange(num_channels, options) / 8 - 0.25).requires_grad_();
  }
  if (c.tracks) {
    pass.parameters.running_mean = at::ones({num_channels}, options);
    pass.parameters.running_var = at::ones({num_channels}, options) * 2;
  }
  return pass;
}

std::vector<int64_t> BatchOf(const Case& c, int64_t size) {
  std::vector<int64_t> shape = {size};
  shape.insert(shape.end(), c.shape.begin(), c.shape.end());
  return shape;
}

struct Samples {
  at::Tensor inputs;
  at::Tensor grad_outputs;
};

// Values that `dtype` holds, in float64; channels have means far from 0.
Samples MakeSamples(const Case& c) {
  at::manual_seed(7);
  const int64_t total =
      std::accumulate(c.batch_sizes.begin(), c.batch_sizes.end(), int64_t{0});
  const auto shape = BatchOf(c, total);
  return {(at::randn(shape, at::kDouble) * 2 + 3).to(c.dtype).to(at::kDouble),
          at::randn(shape, at::kDouble).to(c.dtype).to(at::kDouble)};
}

// This rank's of all samples.
at::Tensor Share(const at::Tensor& samples, const Case& c, int rank) {
  const int64_t start = std::accumulate(
      c.batch_sizes.begin(), c.batch_sizes.begin() + rank, int64_t{0});
  return samples.narrow(0, start, c.batch_sizes[rank]);
}

Pass RunSynchronized(const Case& c, const Samples& samples,
                     dist::Communicator& communicator) {
  const int rank = communicator.rank();
  Pass pass =
      MakePass(c, Share(samples.inputs, c, rank), c.dtype, c.parameter_dtype);
  pass.output =
      SyncBatchNorm(pass.input, pass.parameters, &communicator).output;
  pass.output.backward(Share(samples.grad_outputs, c, rank).to(c.dtype));
  return pass;
}

// One process's batch norm of all samples, in float64.
Pass RunAlone(const Case& c, const Samples& samples) {
  Pass pass = MakePass(c, samples.inputs, at::kDouble, at::kDouble);
  const BatchNormParameters& p = pass.parameters;
  pass.output = at::batch_norm(pass.input, p.weight, p.bias, p.running_mean,
                               p.running_var, /*training=*/true, p.momentum,
                               p.eps, /*cudnn_enabled=*/false);
  pass.output.backward(samples.grad_outputs);
  return pass;
}

testing::AssertionResult AreClose(const at::Tensor& got,
                                  const at::Tensor& expected,
                                  double tolerance) {
  if (got.sizes() != expected.sizes()) {
    return testing::AssertionFailure()
           << "shape " << got.sizes() << ", not " << expected.sizes();
  }
  if (at::allclose(got.to(at::kDouble), expected, tolerance, tolerance)) {
    return testing::AssertionSuccess();
  }
  return testing::AssertionFailure()
         << "they differ by "
         << (got.to(at::kDouble) - expected).abs().max().item<double>();
}

class SyncBatchNormTest : public testing::TestWithParam<Case> {};

TEST_P(SyncBatchNormTest, EqualsBatchNormOfAllRanksSamples) {
  const Case& c = GetParam();
  RunRanks(c.batch_sizes.size(), [&](dist::Communicator& communicator) {
    const Samples samples = MakeSamples(c);
    const Pass all = RunAlone(c, samples);
    const double tolerance = ToleranceOf(c);

    const Pass pass = RunSynchronized(c, samples, communicator);

    const int rank = communicator.rank();
    EXPECT_EQ(pass.output.scalar_type(), c.dtype);
    EXPECT_TRUE(pass.output.is_contiguous(c.format));
    EXPECT_TRUE(AreClose(pass.output, Share(all.output, c, rank), tolerance));
    EXPECT_TRUE(AreClose(pass.input.grad(), Share(all.input.grad(), c, rank),
                         tolerance));
    if (c.affine) {
      at::Tensor weight = pass.parameters.weight.grad().to(at::kDouble);
      at::Tensor bias = pass.parameters.bias.grad().to(at::kDouble);
      ASSERT_TRUE(communicator.AllReduce(&weight, dist::ReduceOp::kSum).ok());
      ASSERT_TRUE(communicator.AllReduce(&bias, dist::ReduceOp::kSum).ok());
      // Each rank's sum is rounded to the parameters' dtype.
      const double of_sums = tolerance * communicator.world_size();
      EXPECT_TRUE(AreClose(weight, all.parameters.weight.grad(), of_sums));
      EXPECT_TRUE(AreClose(bias, all.parameters.bias.grad(), of_sums));
    }
    if (c.tracks) {
      EXPECT_TRUE(AreClose(pass.parameters.running_mean,
                           all.parameters.running_mean, tolerance));
      EXPECT_TRUE(AreClose(pass.parameters.running_var,
                           all.parameters.running_var, tolerance));
    }
  });
}

Case With(Case c, void (*change)(Case&)) {
  change(c);
  return c;
}

INSTANTIATE_TEST_SUITE_P(Ranks, SyncBatchNormTest,
                         testing::Values(Case{"TwoEven", {6, 6}},
                                         Case{"TwoUneven", {7, 2}},
                                         Case{"ThreeUneven", {1, 5, 3}},
                                         Case{"FourEven", {3, 3, 3, 3}},
                                         Case{"OneOfThemEmpty", {4, 0, 5}},
                                         Case{"TheFirstEmpty", {0, 4}},
                                         Case{"OneValueEach", {1, 1, 1}, {5}}),
                         [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Inputs, SyncBatchNormTest,
    testing::Values(
        Case{"TwoDimensions", {6, 3}, {5}},
        Case{"ThreeDimensions", {6, 3}, {5, 7}},
        Case{"FiveDimensions", {4, 3}, {5, 3, 2, 4}},
        Case{"ManyChannels", {6, 3}, {67, 3}},
        With(Case{"ChannelsLast", {6, 3}},
             [](Case& c) { c.format = at::MemoryFormat::ChannelsLast; }),
        With(Case{"ChannelsLast3d", {4, 3}, {5, 3, 2, 4}},
             [](Case& c) { c.format = at::MemoryFormat::ChannelsLast3d; }),
        With(Case{"Float64", {6, 3}},
             [](Case& c) { c.dtype = c.parameter_dtype = at::kDouble; }),
        With(Case{"BFloat16WithFloat32Parameters", {6, 3}},
             [](Case& c) { c.dtype = at::kBFloat16; }),
        With(Case{"BFloat16ChannelsLast", {6, 3}},
             [](Case& c) {
               c.dtype = at::kBFloat16;
               c.format = at::MemoryFormat::ChannelsLast;
             }),
        With(Case{"BFloat16Throughout", {6, 3}},
             [](Case& c) { c.dtype = c.parameter_dtype = at::kBFloat16; })),
    [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Parameters, SyncBatchNormTest,
    testing::Values(
        With(Case{"NoAffine", {6, 3}}, [](Case& c) { c.affine = false; }),
        With(Case{"NoRunningStatistics", {6, 3}},
             [](Case& c) { c.tracks = false; }),
        With(Case{"Neither", {6, 3}},
             [](Case& c) { c.affine = c.tracks = false; }),
        With(Case{"WholeMomentum", {6, 3}}, [](Case& c) { c.momentum = 1; }),
        With(Case{"NoMomentum", {6, 3}}, [](Case& c) { c.momentum = 0; })),
    [](const auto& info) { return info.param.name; });

TEST(SyncBatchNorm, ComputesTheSameBitsTwice) {
  const Case c{"", {6, 3, 4}};
  RunRanks(3, [&](dist::Communicator& communicator) {
    const Samples samples = MakeSamples(c);

    const Pass first = RunSynchronized(c, samples, communicator);
    const Pass second = RunSynchronized(c, samples, communicator);

    EXPECT_TRUE(first.output.equal(second.output));
    EXPECT_TRUE(first.input.grad().equal(second.input.grad()));
  });
}

TEST(SyncBatchNorm, AllRanksGetTheSameStatistics) {
  const Case c{"", {6, 3, 4}};
  RunRanks(3, [&](dist::Communicator& communicator) {
    const Pass pass = RunSynchronized(c, MakeSamples(c), communicator);

    const auto all = communicator.AllGather(pass.parameters.running_var);
    ASSERT_TRUE(all.ok()) << all.status();
    EXPECT_TRUE((*all)[0].equal((*all)[1]));
    EXPECT_TRUE((*all)[0].equal((*all)[2]));
  });
}

// A frozen input, as after a data preprocessor: no rank reduces anything.
TEST(SyncBatchNorm, InputThatNeedsNoGradientGetsNone) {
  const Case c{"", {6, 3}};
  RunRanks(2, [&](dist::Communicator& communicator) {
    const Samples samples = MakeSamples(c);
    const Pass expected = RunSynchronized(c, samples, communicator);
    Pass pass =
        MakePass(c, expected.input.detach(), c.dtype, c.parameter_dtype);
    pass.input.requires_grad_(false);

    pass.output =
        SyncBatchNorm(pass.input, pass.parameters, &communicator).output;
    pass.output.backward(
        Share(samples.grad_outputs, c, communicator.rank()).to(c.dtype));

    EXPECT_FALSE(pass.input.grad().defined());
    EXPECT_TRUE(
        pass.parameters.weight.grad().equal(expected.parameters.weight.grad()));
  });
}

TEST(SyncBatchNorm, InputOfAnyStridesWillDo) {
  RunRanks(2, [](dist::Communicator& communicator) {
    at::manual_seed(communicator.rank());
    const at::Tensor strided = at::randn({3, 8, 5}).transpose(1, 2);

    const auto got = SyncBatchNorm(strided, {}, &communicator);
    const auto expected =
        SyncBatchNorm(strided.contiguous(), {}, &communicator);

    EXPECT_TRUE(got.output.equal(expected.output));
  });
}

// Their squares have no digits left for it.
TEST(SyncBatchNorm, SmallVarianceOfLargeFloat64ValuesSurvives) {
  RunRanks(3, [](dist::Communicator& communicator) {
    at::manual_seed(7);
    const at::Tensor values = at::randn({9, 4}, at::kDouble);
    const at::Tensor share = values.narrow(0, 3 * communicator.rank(), 3) + 1e9;
    BatchNormParameters parameters;
    parameters.momentum = 1;
    parameters.running_mean = at::zeros({4}, at::kDouble);
    parameters.running_var = at::zeros({4}, at::kDouble);

    SyncBatchNorm(share, parameters, &communicator);

    EXPECT_TRUE(AreClose(parameters.running_mean - 1e9, values.mean(0), 1e-6));
    EXPECT_TRUE(AreClose(parameters.running_var, values.var(0), 1e-6));
  });
}

TEST(SyncBatchNorm, OneValueOnAllRanksIsAnErrorOnAll) {
  RunRanks(2, [](dist::Communicator& communicator) {
    const at::Tensor input = at::zeros({communicator.rank(), 5});

    const absl::Status status =
        CatchTorchError([&] { SyncBatchNorm(input, {}, &communicator); });

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("more than 1 value per channel"));
  });
}

TEST(SyncBatchNorm, ParametersOfOtherChannelsAreAnError) {
  RunRanks(1, [](dist::Communicator& communicator) {
    BatchNormParameters parameters;
    parameters.running_var = at::ones({4});

    const absl::Status status = CatchTorchError([&] {
      SyncBatchNorm(at::zeros({2, 5}), parameters, &communicator);
    });

    EXPECT_THAT(std::string(status.message()),
                HasSubstr("running_var should contain 5 elements not 4"));
  });
}

TEST(SyncBatchNorm, SecondDerivativesAreRefused) {
  RunRanks(2, [](dist::Communicator& communicator) {
    const at::Tensor input = at::ones({2, 5}).requires_grad_();
    const at::Tensor sum = SyncBatchNorm(input, {}, &communicator).output.sum();

    const absl::Status status = CatchTorchError([&] {
      sum.backward({}, /*retain_graph=*/true, /*create_graph=*/true);
    });

    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(std::string(status.message()), HasSubstr("create_graph"));
  });
}

TEST(SyncBatchNorm, RankThatIsGoneFailsTheBackwardPass) {
  RunRanks(2, [](dist::Communicator& communicator) {
    const at::Tensor input = at::ones({2, 5}).requires_grad_();
    const at::Tensor sum = SyncBatchNorm(input, {}, &communicator).output.sum();
    if (communicator.rank() == 1) return;

    const absl::Status status = CatchTorchError([&] { sum.backward(); });

    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("all_reduce"));
  });
}

TEST(SyncBatchNorm, FailedCollectivesStatusIsKept) {
  RunRanks(1, [](dist::Communicator&) {
    const auto rank = FakeRank(0, 2);

    const absl::Status status = CatchTorchError([&] {
      SyncBatchNorm(at::ones({2, 5}), {}, &*rank);
    });

    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << status;
  });
}

}  // namespace
}  // namespace anneal
