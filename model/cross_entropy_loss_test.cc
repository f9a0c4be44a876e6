#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "model/cross_entropy_loss.pb.h"
#include "model/golden.h"
#include "model/loss_function.h"
#include "utils/random.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

absl::StatusOr<std::unique_ptr<LossFunction>> Build(double label_smoothing,
                                                    int64_t ignore_index) {
  CrossEntropyLossConfig config;
  config.set_label_smoothing(label_smoothing);
  config.set_ignore_index(ignore_index);
  google::protobuf::Any any;
  any.PackFrom(config);
  return RegistryOf<LossFunction>::Get().Build(any);
}

// What the golden file's script draws.
struct Drawn {
  at::Tensor outputs;
  at::Tensor sequences;

  Drawn() {
    SetRandomSeed(0, /*deterministic=*/false);
    outputs = at::randn({5, 7});
    sequences = at::randn({2, 3, 4});
  }
};

at::Tensor Labels(at::ScalarType dtype = at::kLong) {
  return at::tensor({6, 3, 0, 3, 2}, dtype);
}

struct Case {
  std::string name;
  double label_smoothing;
  int64_t ignore_index;
};

class CrossEntropyLossTest : public testing::TestWithParam<Case> {};

TEST_P(CrossEntropyLossTest, EqualsTorch) {
  const Golden golden("model/testdata/losses.txt");
  const std::string prefix = "cross_entropy/" + GetParam().name + "/";
  const auto loss = Build(GetParam().label_smoothing, GetParam().ignore_index);
  ASSERT_TRUE(loss.ok()) << loss.status();
  const Drawn drawn;

  EXPECT_TRUE(NearlyEqual((*loss)->PerSample(drawn.outputs, Labels()),
                          golden.Tensor(prefix + "per_sample")));
  EXPECT_TRUE(NearlyEqual((*loss)->Mean(drawn.outputs, Labels()),
                          golden.Tensor(prefix + "mean")));
}

INSTANTIATE_TEST_SUITE_P(CrossEntropyLoss, CrossEntropyLossTest,
                         testing::Values(Case{"plain", 0, -100},
                                         Case{"smooth", 0.1, -100},
                                         Case{"ignore", 0, 3}),
                         [](const auto& info) { return info.param.name; });

TEST(CrossEntropyLoss, SampleOfSeveralLabelsIsTheMeanOverThoseThatCount) {
  const Golden golden("model/testdata/losses.txt");
  const auto loss = Build(0, -100);
  ASSERT_TRUE(loss.ok());
  const Drawn drawn;
  const at::Tensor labels =
      at::tensor({0, 1, -100, 2, 2, -100, -100, 1}, at::kLong).view({2, 4});

  EXPECT_TRUE(NearlyEqual((*loss)->PerSample(drawn.sequences, labels),
                          golden.Tensor("cross_entropy/sequences/per_sample")));
  EXPECT_TRUE(NearlyEqual((*loss)->Mean(drawn.sequences, labels),
                          golden.Tensor("cross_entropy/sequences/mean")));
}

TEST(CrossEntropyLoss, WeightsAreTheLabelsThatCount) {
  const auto loss = *Build(0, 3);
  const at::Tensor labels =
      at::tensor({0, 1, 3, 2, 2, 3, 3, 1}, at::kInt).view({2, 4});

  EXPECT_TRUE(at::equal(loss->Weights(labels), at::tensor({3.f, 2.f})));
  EXPECT_TRUE(at::equal(loss->Weights(Labels()),
                        at::tensor({1.f, 0.f, 1.f, 0.f, 1.f})));
}

TEST(CrossEntropyLoss, MeanOfTheSamplesByTheirWeightsIsTheMean) {
  const auto loss = *Build(0.1, 3);
  const Drawn drawn;

  const at::Tensor weights = loss->Weights(Labels());
  const at::Tensor sum =
      loss->PerSample(drawn.outputs, Labels()).mul(weights).sum();

  EXPECT_TRUE(
      NearlyEqual(sum.div(weights.sum()), loss->Mean(drawn.outputs, Labels())));
}

TEST(CrossEntropyLoss, SampleOfSeveralProbabilitiesIsTheirMean) {
  const Golden golden("model/testdata/losses.txt");
  const auto loss = *Build(0, -100);
  const Drawn drawn;
  const at::Tensor numbers = at::arange(24).fmod(5).add(1).view({2, 3, 4});
  const at::Tensor targets = numbers.div(numbers.sum(1, /*keepdim=*/true));

  EXPECT_TRUE(
      NearlyEqual(loss->PerSample(drawn.sequences, targets),
                  golden.Tensor("cross_entropy/probabilities/per_sample")));
  EXPECT_TRUE(NearlyEqual(loss->Mean(drawn.sequences, targets),
                          golden.Tensor("cross_entropy/probabilities/mean")));
  EXPECT_FALSE(loss->Weights(targets).defined());
}

TEST(CrossEntropyLoss, SampleWithoutLabelsThatCountIsZero) {
  const auto loss = Build(0, 1);
  ASSERT_TRUE(loss.ok());

  const at::Tensor per_sample = (*loss)->PerSample(
      at::randn({1, 3, 2}), at::tensor({1, 1}, at::kLong).view({1, 2}));

  EXPECT_EQ(per_sample.item<float>(), 0);
}

TEST(CrossEntropyLoss, LabelsOfAnyIntegerDtypeAreTheSame) {
  const auto loss = Build(0, -100);
  ASSERT_TRUE(loss.ok());
  const Drawn drawn;
  const at::Tensor expected = (*loss)->Mean(drawn.outputs, Labels());

  for (const auto dtype : {at::kByte, at::kShort, at::kInt}) {
    EXPECT_EQ((*loss)->Mean(drawn.outputs, Labels(dtype)).item<float>(),
              expected.item<float>())
        << dtype;
  }
}

TEST(CrossEntropyLoss, OutputsAreScores) {
  EXPECT_EQ((*Build(0, -100))->outputs_name(), "scores");
}

TEST(CrossEntropyLoss, LabelSmoothingOutsideItsRangeIsRefused) {
  for (const double smoothing :
       {-0.1, 1.0, std::numeric_limits<double>::quiet_NaN()}) {
    const auto loss = Build(smoothing, -100);

    EXPECT_EQ(loss.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(loss.status().message()),
                HasSubstr("label_smoothing"));
  }
}

// What the loss of the golden file's scores, [5, 7], throws.
std::string Thrown(const at::Tensor& targets) {
  const auto loss = Build(0, -100);
  const absl::Status status =
      CatchTorchError([&] { (*loss)->Mean(Drawn().outputs, targets); });
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  return std::string(status.message());
}

TEST(CrossEntropyLoss, LabelOutOfRangeIsNamed) {
  EXPECT_EQ(Thrown(at::tensor({0, 1, -100, 9, 7}, at::kInt)),
            "CrossEntropyLoss: label 9 of sample 3 of the batch (2 of 5 "
            "labels) is none of the 7 classes; it must be from 0 to 6, or "
            "-100 to be ignored");
  EXPECT_THAT(Thrown(at::tensor({0, -1, 2, 3, 4})),
              HasSubstr("label -1 of sample 1"));
}

TEST(CrossEntropyLoss, LabelsOfAnotherShapeAreNamed) {
  EXPECT_EQ(Thrown(at::tensor({0, 1})),
            "CrossEntropyLoss: the labels are [2] for scores [5, 7]; they must "
            "be [5]");
}

TEST(CrossEntropyLoss, LabelsThatAreNoIntegersAreNamed) {
  EXPECT_EQ(Thrown(at::tensor({0., 1., 2., 3., 4.})),
            "CrossEntropyLoss: the targets are Double [5] for scores [5, 7]; "
            "labels are integers, and probabilities have the scores' shape");
  EXPECT_THAT(Thrown(Labels().gt(2)), HasSubstr("the targets are Bool [5]"));
}

}  // namespace
}  // namespace anneal
