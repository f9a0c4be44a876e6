#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>

#include "dataset/build_for_test.h"
#include "dataset/char_dataset.pb.h"
#include "dataset/dataset.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A config of a file that holds `text`.
CharDatasetConfig Config(const std::string& text, int64_t block_size) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/text";
  std::ofstream(path, std::ios::binary) << text;
  CharDatasetConfig config;
  config.set_path(path);
  config.set_block_size(block_size);
  return config;
}

Dict Sample(const std::vector<int64_t>& inputs,
            const std::vector<int64_t>& labels) {
  return Dict{{"inputs", at::tensor(inputs)}, {"labels", at::tensor(labels)}};
}

Dict Get(const Dataset& dataset, int64_t index) {
  return *dataset.Get(index, SampleRandom(0, 0, index));
}

TEST(CharDataset, LabelsAreTheNextCharacters) {
  const auto dataset = *Build<Dataset>(Config("cabba", 3));

  ASSERT_EQ(dataset->size(), 2);
  EXPECT_TRUE(BitIdentical(Get(*dataset, 0), Sample({2, 0, 1}, {0, 1, 1})));
  EXPECT_TRUE(BitIdentical(Get(*dataset, 1), Sample({0, 1, 1}, {1, 1, 0})));
}

// Python's sorted(set(text)).
TEST(CharDataset, NumbersTheSortedCharactersOfTheText) {
  const auto dataset = *Build<Dataset>(Config("b\u00e4\n\U0001F600b\u20ac", 1));

  const Dict metainfo = dataset->metainfo();
  const auto* vocab = metainfo.Find("vocab")->get_if<Value::List>();
  EXPECT_TRUE(BitIdentical(
      *vocab, Value::List{"\n", "b", "\u00e4", "\u20ac", "\U0001F600"}));
}

TEST(CharDataset, CountsCharactersNotBytes) {
  CharDatasetConfig config = Config("\u00e4\u00e4\u00e4\u00e4bb", 1);
  config.set_end_fraction(0.5);

  const auto dataset = *Build<Dataset>(config);

  EXPECT_EQ(dataset->size(), 2);
  EXPECT_TRUE(BitIdentical(Get(*dataset, 1), Sample({1}, {1})));
}

TEST(CharDataset, RefusesATextThatIsNotUtf8) {
  const absl::Status status =
      Build<Dataset>(Config("caf\xe9 au lait", 1)).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("/text: is not UTF-8"), HasSubstr("iconv")));
}

TEST(CharDataset, KeepsTheWholeTextsVocabularyInAPart) {
  CharDatasetConfig config = Config("aaaabbbbcccc", 2);
  config.set_begin_fraction(0.34);
  config.set_end_fraction(0.67);

  const auto dataset = *Build<Dataset>(config);

  EXPECT_EQ(dataset->size(), 2);
  EXPECT_TRUE(BitIdentical(Get(*dataset, 0), Sample({1, 1}, {1, 1})));
  EXPECT_EQ(Value(dataset->metainfo()).DebugString(),
            "{'vocab': ['a', 'b', 'c']}");
}

// Python's data[:int(0.9 * len(data))] and data[int(0.9 * len(data)):].
TEST(CharDataset, PartsMeetWithoutOverlap) {
  CharDatasetConfig config = Config(std::string(1001, 'x'), 1);
  config.set_end_fraction(0.9);
  const int64_t first = (*Build<Dataset>(config))->size() + 1;
  config.set_begin_fraction(0.9);
  config.set_end_fraction(1);
  const int64_t second = (*Build<Dataset>(config))->size() + 1;

  EXPECT_EQ(first, 900);
  EXPECT_EQ(second, 101);
}

struct Strides {
  int64_t stride;
  int64_t size;
};

class CharDatasetStride : public testing::TestWithParam<Strides> {};

TEST_P(CharDatasetStride, SamplesStayInsideTheText) {
  CharDatasetConfig config = Config("abcdefghij", 3);
  config.set_stride(GetParam().stride);

  const auto dataset = *Build<Dataset>(config);

  ASSERT_EQ(dataset->size(), GetParam().size);
  const int64_t first = (dataset->size() - 1) * GetParam().stride;
  EXPECT_LE(first + 4, 10);
  EXPECT_GT(first + GetParam().stride + 4, 10);
  EXPECT_TRUE(BitIdentical(Get(*dataset, dataset->size() - 1),
                           Sample({first, first + 1, first + 2},
                                  {first + 1, first + 2, first + 3})));
}

INSTANTIATE_TEST_SUITE_P(Strides, CharDatasetStride,
                         testing::Values(Strides{1, 7}, Strides{3, 3},
                                         Strides{4, 2}, Strides{6, 2},
                                         Strides{7, 1}, Strides{100, 1}),
                         [](const auto& info) {
                           return "Of" + std::to_string(info.param.stride);
                         });

struct BadConfig {
  const char* name;
  void (*change)(CharDatasetConfig*);
  const char* words;
};

class CharDatasetConfigs : public testing::TestWithParam<BadConfig> {};

TEST_P(CharDatasetConfigs, AreRefusedWithTheirValues) {
  CharDatasetConfig config = Config("abcdefghij", 3);
  GetParam().change(&config);

  const absl::Status status = Build<Dataset>(config).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("CharDataset"), HasSubstr(GetParam().words)));
}

INSTANTIATE_TEST_SUITE_P(
    Configs, CharDatasetConfigs,
    testing::Values(
        BadConfig{"BlockSize", [](auto* c) { c->set_block_size(0); },
                  "block_size 0"},
        BadConfig{"Stride", [](auto* c) { c->set_stride(0); }, "stride 0"},
        BadConfig{"Begin", [](auto* c) { c->set_begin_fraction(-0.5); },
                  "begin_fraction -0.5"},
        BadConfig{"End", [](auto* c) { c->set_end_fraction(1.5); },
                  "end_fraction 1.5"},
        BadConfig{"Empty", [](auto* c) { c->set_begin_fraction(1); },
                  "begin < end"},
        BadConfig{"NaN",
                  [](auto* c) {
                    c->set_end_fraction(
                        std::numeric_limits<double>::quiet_NaN());
                  },
                  "end_fraction nan"},
        BadConfig{"TooShort", [](auto* c) { c->set_block_size(10); },
                  "10 characters is too short for a block_size of 10"}),
    [](const auto& info) { return info.param.name; });

TEST(CharDataset, SaysThatItsFileIsMissing) {
  CharDatasetConfig config = Config("abc", 1);
  config.set_path("/none/such.txt");

  const absl::Status status = Build<Dataset>(config).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("CharDataset"), HasSubstr("/none/such.txt"),
                    HasSubstr("check the path")));
}

}  // namespace
}  // namespace anneal
