#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "dataset/build_for_test.h"
#include "dataset/dataset.h"
#include "dataset/normalize.pb.h"
#include "dataset/tensor_dataset.pb.h"
#include "fileio/pth/pth.h"
#include "fileio/safetensors.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string Path(const std::string& name) {
  return std::string(std::getenv("TEST_TMPDIR")) + "/" + name;
}

// A config of a file that holds the tensors.
TensorDatasetConfig Config(const Dict& tensors) {
  TensorDatasetConfig config;
  config.set_path(Path("data.safetensors"));
  EXPECT_TRUE(SaveSafetensors({tensors, {}}, config.path()).ok());
  return config;
}

Dict Tensors() {
  return Dict{{"inputs", at::arange(12, at::kFloat).reshape({4, 3})},
              {"labels", at::arange(4)}};
}

Dict Get(const Dataset& dataset, int64_t index) {
  return *dataset.Get(index, SampleRandom(0, 0, index));
}

void ExpectError(const TensorDatasetConfig& config, absl::StatusCode code,
                 const std::vector<std::string>& words) {
  const absl::Status status = Build<Dataset>(config).status();
  EXPECT_EQ(status.code(), code) << status;
  for (const std::string& word : words) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(word));
  }
}

TEST(TensorDataset, SamplesAreRowsOfEveryTensor) {
  const auto dataset = *Build<Dataset>(Config(Tensors()));

  EXPECT_EQ(dataset->size(), 4);
  const Dict sample = Get(*dataset, 2);
  EXPECT_EQ(sample.size(), 2);
  EXPECT_TRUE(
      BitIdentical(*sample.Find("inputs"), at::tensor({6.f, 7.f, 8.f})));
  EXPECT_TRUE(
      BitIdentical(*sample.Find("labels"), at::scalar_tensor(2, at::kLong)));
}

class TensorDatasetPth : public testing::TestWithParam<const char*> {};

TEST_P(TensorDatasetPth, IsReadByItsEnding) {
  TensorDatasetConfig config;
  config.set_path(Path(GetParam()));
  ASSERT_TRUE(SavePth(Tensors(), config.path()).ok());

  const auto dataset = *Build<Dataset>(config);

  EXPECT_EQ(dataset->size(), 4);
  EXPECT_TRUE(BitIdentical(Get(*dataset, 3),
                           Dict{{"inputs", at::tensor({9.f, 10.f, 11.f})},
                                {"labels", at::scalar_tensor(3, at::kLong)}}));
}

INSTANTIATE_TEST_SUITE_P(Endings, TensorDatasetPth,
                         testing::Values("data.pth", "data.pt"),
                         [](const auto& info) {
                           return std::string(info.param).substr(5);
                         });

TEST(TensorDataset, KeysChooseAndRename) {
  Dict tensors = Tensors();
  tensors["unused"] = at::zeros({7});
  TensorDatasetConfig config = Config(tensors);
  (*config.mutable_keys())["labels"] = "target";
  (*config.mutable_keys())["inputs"] = "inputs";

  const auto dataset = *Build<Dataset>(config);

  EXPECT_TRUE(BitIdentical(Get(*dataset, 1),
                           Dict{{"inputs", at::tensor({3.f, 4.f, 5.f})},
                                {"target", at::scalar_tensor(1, at::kLong)}}));
}

TEST(TensorDataset, TakesAPart) {
  TensorDatasetConfig config = Config(Tensors());
  config.set_begin(1);
  config.set_end(3);

  const auto dataset = *Build<Dataset>(config);

  EXPECT_EQ(dataset->size(), 2);
  EXPECT_TRUE(BitIdentical(*Get(*dataset, 1).Find("labels"),
                           at::scalar_tensor(2, at::kLong)));
  EXPECT_TRUE(BitIdentical(dataset->GetBatch({1, 0}, {})->tensor("labels"),
                           at::tensor({2, 1}, at::kLong)));
}

TEST(TensorDataset, RunsItsPipelineOnEachSample) {
  TensorDatasetConfig config =
      Config(Dict{{"inputs", at::ones({2, 1, 1, 1}, at::kByte)}});
  NormalizeConfig normalize;
  normalize.add_mean(0);
  normalize.add_std(4);
  *config.add_pipeline() = Packed(normalize);

  const auto dataset = *Build<Dataset>(config);

  EXPECT_FALSE(dataset->has_get_batch());
  EXPECT_TRUE(BitIdentical(*Get(*dataset, 1).Find("inputs"),
                           at::tensor({0.25f}).reshape({1, 1, 1})));
}

TEST(TensorDataset, TakesTensorsThatAreNotContiguous) {
  TensorDatasetConfig config;
  config.set_path(Path("transposed.pth"));
  ASSERT_TRUE(SavePth(Dict{{"inputs", at::arange(6).reshape({2, 3}).t()}},
                      config.path())
                  .ok());

  const auto dataset = *Build<Dataset>(config);

  EXPECT_TRUE(BitIdentical(dataset->GetBatch({2}, {})->tensor("inputs"),
                           at::tensor({2, 5}, at::kLong).reshape({1, 2})));
}

TEST(TensorDataset, SaysThatItsFileIsMissing) {
  TensorDatasetConfig config;
  for (const std::string path : {"/none/x.safetensors", "/none/x.pth"}) {
    config.set_path(path);

    ExpectError(config, absl::StatusCode::kNotFound, {path, "check the path"});
  }
}

TEST(TensorDataset, RefusesATruncatedFile) {
  TensorDatasetConfig config = Config(Tensors());
  std::ifstream file(config.path(), std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(file)), {});
  std::ofstream(config.path(), std::ios::binary)
      << bytes.substr(0, bytes.size() - 5);

  ExpectError(config, absl::StatusCode::kDataLoss, {config.path()});
}

TEST(TensorDataset, NamesTheFormatsItReads) {
  TensorDatasetConfig config;
  config.set_path("data.npz");

  ExpectError(config, absl::StatusCode::kInvalidArgument,
              {"data.npz", ".safetensors, .pth or .pt"});
}

TEST(TensorDataset, RefusesTensorsOfUnequalFirstDimension) {
  ExpectError(Config(Dict{{"x", at::zeros({4, 2})}, {"y", at::zeros({5})}}),
              absl::StatusCode::kInvalidArgument,
              {"data.safetensors", "x 4", "y 5", "keys"});
}

TEST(TensorDataset, RefusesASingleNumber) {
  TensorDatasetConfig config;
  config.set_path(Path("number.pth"));
  ASSERT_TRUE(SavePth(Dict{{"x", at::scalar_tensor(1.f)}}, config.path()).ok());

  ExpectError(config, absl::StatusCode::kInvalidArgument,
              {config.path(), "x is a single number"});
}

TEST(TensorDataset, RefusesAnEmptyFile) {
  ExpectError(Config({}), absl::StatusCode::kInvalidArgument,
              {"data.safetensors holds no tensors"});
}

TEST(TensorDataset, RefusesTensorsWithoutRows) {
  ExpectError(Config(Dict{{"x", at::zeros({0, 2})}}),
              absl::StatusCode::kInvalidArgument, {"its 0 samples"});
}

TEST(TensorDataset, RefusesWhatIsNoTensor) {
  TensorDatasetConfig config;
  config.set_path(Path("mixed.pth"));
  ASSERT_TRUE(
      SavePth(Dict{{"x", at::zeros({2})}, {"note", "a text"}}, config.path())
          .ok());

  ExpectError(config, absl::StatusCode::kInvalidArgument,
              {config.path(), "name the tensors in keys",
               "note: expected a tensor, found str"});
}

TEST(TensorDataset, NamesTheTensorsThereAreForAKeyThatIsNot) {
  TensorDatasetConfig config = Config(Tensors());
  (*config.mutable_keys())["imputs"] = "inputs";

  ExpectError(config, absl::StatusCode::kNotFound,
              {config.path(), "imputs", "inputs", "labels"});
}

TEST(TensorDataset, RefusesTwoKeysForOneField) {
  TensorDatasetConfig config = Config(Tensors());
  (*config.mutable_keys())["inputs"] = "x";
  (*config.mutable_keys())["labels"] = "x";

  ExpectError(config, absl::StatusCode::kInvalidArgument,
              {config.path(), "both inputs and labels the field \"x\""});
}

TEST(TensorDataset, RefusesARangeBeyondTheEnd) {
  TensorDatasetConfig config = Config(Tensors());
  config.set_end(5);

  ExpectError(config, absl::StatusCode::kInvalidArgument,
              {config.path(), "begin 0 and end 5", "its 4 samples",
               "0 <= begin < end <= 4"});
}

}  // namespace
}  // namespace anneal
