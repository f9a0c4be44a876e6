#include "dataset/compose.h"

#include <ATen/ops/full.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dataset/build_for_test.h"
#include "dataset/normalize.pb.h"
#include "dataset/random_crop.pb.h"
#include "dataset/random_flip.pb.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

using Transforms = google::protobuf::RepeatedPtrField<google::protobuf::Any>;

NormalizeConfig Normalize(double mean, double std) {
  NormalizeConfig config;
  config.add_mean(mean);
  config.add_std(std);
  return config;
}

TEST(Compose, WithoutTransformsChangesNothing) {
  const Compose compose = *Compose::Create({});
  Dict sample{{"labels", 1}};

  EXPECT_TRUE(compose.empty());
  ASSERT_TRUE(compose.Apply(&sample, SampleRandom(0, 0, 0)).ok());
  EXPECT_TRUE(BitIdentical(sample, Dict{{"labels", 1}}));
}

TEST(Compose, AppliesInOrder) {
  Transforms transforms;
  *transforms.Add() = Packed(Normalize(1, 2));
  *transforms.Add() = Packed(Normalize(0, 0.25));
  const Compose compose = *Compose::Create(transforms);
  Dict sample{{"inputs", at::full({1, 1, 1}, 5.f)}};

  EXPECT_FALSE(compose.empty());
  ASSERT_TRUE(compose.Apply(&sample, SampleRandom(0, 0, 0)).ok());

  EXPECT_TRUE(BitIdentical(*sample.Find("inputs"), at::full({1, 1, 1}, 8.f)));
}

// One stream of random numbers: the second of two equal transforms draws
// others than the first.
TEST(Compose, TransformsShareTheSamplesRandomNumbers) {
  Transforms one;
  *one.Add() = Packed(RandomFlipConfig());
  Transforms two = one;
  *two.Add() = Packed(RandomFlipConfig());
  const Compose once = *Compose::Create(one);
  const Compose twice = *Compose::Create(two);
  at::Tensor image = at::ones({1, 1, 2});
  image.data_ptr<float>()[0] = 0;

  int num_mirrored = 0;
  for (int64_t index = 0; index < 100; ++index) {
    SampleRandom random(0, 0, index);
    const bool is_mirrored = random.Bernoulli(0.5) != random.Bernoulli(0.5);
    Dict sample{{"inputs", image}};
    ASSERT_TRUE(twice.Apply(&sample, SampleRandom(0, 0, index)).ok());
    EXPECT_EQ(BitIdentical(*sample.Find("inputs"), image), !is_mirrored);
    num_mirrored += is_mirrored;
  }
  EXPECT_GT(num_mirrored, 0);
}

TEST(Compose, StopsAtTheFirstError) {
  Transforms transforms;
  RandomCropConfig crop;
  crop.add_size(9);
  *transforms.Add() = Packed(crop);
  *transforms.Add() = Packed(Normalize(1, 2));
  const Compose compose = *Compose::Create(transforms);
  Dict sample{{"inputs", at::ones({1, 2, 2})}};

  const absl::Status status = compose.Apply(&sample, SampleRandom(0, 0, 0));

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("RandomCrop"));
  EXPECT_TRUE(BitIdentical(*sample.Find("inputs"), at::ones({1, 2, 2})));
}

TEST(Compose, PassesOnWhatATransformsConfigIsRefusedFor) {
  Transforms transforms;
  *transforms.Add() = Packed(Normalize(1, 0));

  const absl::Status status = Compose::Create(transforms).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("Normalize: std is 0"));
}

TEST(Compose, NamesATransformThatIsNotLinked) {
  Transforms transforms;
  transforms.Add()->set_type_url("type.googleapis.com/anneal.RandomCorpConfig");

  const absl::Status status = Compose::Create(transforms).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("RandomCorp"));
}

}  // namespace
}  // namespace anneal
