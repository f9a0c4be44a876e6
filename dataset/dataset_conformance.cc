#include "dataset/dataset_conformance.h"

#include <ATen/core/Tensor.h>

#include <numeric>
#include <thread>
#include <utility>
#include <vector>

#include "dataset/build_for_test.h"
#include "dataset/collate.h"
#include "dataset/default_collate.pb.h"

namespace anneal {
namespace {

constexpr SampleSeed kSeed{/*seed=*/3, /*epoch=*/5};

// Sample `index`, of kSeed. Fails the test, and is empty, on an error.
Dict GetSample(const Dataset& dataset, int64_t index) {
  absl::StatusOr<Dict> sample = dataset.Get(index, kSeed.ForSample(index));
  EXPECT_TRUE(sample.ok()) << index << ": " << sample.status();
  return sample.ok() ? *std::move(sample) : Dict();
}

Value::List AllSamples(const Dataset& dataset) {
  Value::List samples;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    samples.push_back(GetSample(dataset, i));
  }
  return samples;
}

std::vector<Dict::Key> Keys(const Dict& sample) {
  std::vector<Dict::Key> keys;
  for (const auto& [key, value] : sample) keys.push_back(key);
  return keys;
}

}  // namespace

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(DatasetConformance);

void DatasetConformance::SetUp() {
  auto dataset = GetParam().make();
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  dataset_ = *std::move(dataset);
  ASSERT_GE(dataset_->size(), 2);
}

TEST_P(DatasetConformance, GivesTheSameSampleForTheSameSeed) {
  const Value::List first = AllSamples(*dataset_);

  EXPECT_TRUE(BitIdentical(AllSamples(*dataset_), first));
  EXPECT_TRUE(BitIdentical(AllSamples(**GetParam().make()), first));
}

TEST_P(DatasetConformance, GivesEverySampleTheSameFields) {
  const std::vector<Dict::Key> keys = Keys(GetSample(*dataset_, 0));

  EXPECT_FALSE(keys.empty());
  for (int64_t i = 1; i < dataset_->size(); ++i) {
    EXPECT_EQ(Keys(GetSample(*dataset_, i)), keys) << i;
  }
}

TEST_P(DatasetConformance, GivesTheSameFromSeveralThreads) {
  const Value expected = AllSamples(*dataset_);
  std::vector<Value> of_threads(4);
  std::vector<std::thread> threads;
  for (Value& samples : of_threads) {
    threads.emplace_back([&] { samples = AllSamples(*dataset_); });
  }
  for (std::thread& thread : threads) thread.join();

  for (const Value& samples : of_threads) {
    EXPECT_TRUE(BitIdentical(samples, expected));
  }
}

TEST_P(DatasetConformance, GivesBatchesEqualToCollatedSamples) {
  // Not in order, and one twice.
  std::vector<int64_t> indices(dataset_->size());
  std::iota(indices.rbegin(), indices.rend(), 0);
  indices.push_back(indices[0]);
  const absl::StatusOr<Batch> batch = dataset_->GetBatch(indices, kSeed);
  if (!dataset_->has_get_batch()) {
    EXPECT_EQ(batch.status().code(), absl::StatusCode::kUnimplemented);
    return;
  }
  ASSERT_TRUE(batch.ok()) << batch.status();

  std::vector<Dict> samples;
  for (const int64_t index : indices) {
    samples.push_back(GetSample(*dataset_, index));
  }
  const auto collate = *Build<Collate>(default_collateConfig());
  const absl::StatusOr<Batch> collated = (*collate)(std::move(samples));
  ASSERT_TRUE(collated.ok()) << collated.status();
  EXPECT_TRUE(BitIdentical(batch->fields(), collated->fields()));
}

TEST_P(DatasetConformance, GivesBatchesMemoryOfTheirOwn) {
  if (!dataset_->has_get_batch()) return;
  const Value::List before = AllSamples(*dataset_);
  // Of all samples in order, which a dataset might hold as they are.
  std::vector<int64_t> indices(dataset_->size());
  std::iota(indices.begin(), indices.end(), 0);
  const absl::StatusOr<Batch> batch = dataset_->GetBatch(indices, kSeed);
  ASSERT_TRUE(batch.ok()) << batch.status();

  for (const auto& [key, value] : batch->fields()) {
    if (const auto* tensor = value.get_if<at::Tensor>()) tensor->zero_();
  }

  EXPECT_TRUE(BitIdentical(AllSamples(*dataset_), before));
}

TEST_P(DatasetConformance, SaysTheSameOfItselfWhenMadeAgain) {
  AllSamples(*dataset_);  // what it says doesn't depend on what it gave

  EXPECT_TRUE(
      BitIdentical(dataset_->metainfo(), (*GetParam().make())->metainfo()));
}

}  // namespace anneal
