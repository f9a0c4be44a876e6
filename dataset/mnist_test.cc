#include <ATen/ops/arange.h>
#include <ATen/ops/scalar_tensor.h>
#include <ATen/ops/tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>

#include "dataset/build_for_test.h"
#include "dataset/dataset.h"
#include "dataset/mnist.pb.h"
#include "dataset/normalize.pb.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// An idx file: magic, sizes, then 0, 1, 2, ...
std::string Idx(uint32_t magic, const std::vector<uint32_t>& sizes) {
  std::string bytes;
  auto append = [&](uint32_t value) {
    for (int shift = 24; shift >= 0; shift -= 8) {
      bytes.push_back(static_cast<char>(value >> shift));
    }
  };
  append(magic);
  for (const uint32_t size : sizes) append(size);
  const uint32_t numel = std::accumulate(sizes.begin(), sizes.end(), 1u,
                                         std::multiplies<uint32_t>());
  for (uint32_t i = 0; i < numel; ++i) bytes.push_back(static_cast<char>(i));
  return bytes;
}

std::string Images(uint32_t num) { return Idx(0x803, {num, 2, 3}); }
std::string Labels(uint32_t num) { return Idx(0x801, {num}); }

std::string Gzip(const std::string& bytes) {
  z_stream stream = {};
  deflateInit2(&stream, Z_BEST_SPEED, Z_DEFLATED, 16 + MAX_WBITS, 8,
               Z_DEFAULT_STRATEGY);
  std::string packed(deflateBound(&stream, bytes.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = bytes.size();
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = packed.size();
  deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

// A folder of two files, and the config that reads them.
class MnistTest : public testing::Test {
 protected:
  MnistTest() {
    config_.set_data_root(
        std::string(std::getenv("TEST_TMPDIR")) + "/" +
        testing::UnitTest::GetInstance()->current_test_info()->name());
    config_.set_images("images");
    config_.set_labels("labels");
    std::filesystem::create_directories(config_.data_root());
  }

  void Write(const std::string& images, const std::string& labels) {
    for (const auto& [name, bytes] :
         {std::pair("images", images), std::pair("labels", labels)}) {
      std::ofstream(config_.data_root() + "/" + name, std::ios::binary)
          << bytes;
    }
  }

  absl::StatusOr<std::unique_ptr<Dataset>> Read() const {
    return Build<Dataset>(config_);
  }

  void ExpectError(absl::StatusCode code,
                   const std::vector<std::string>& words) const {
    const absl::Status status = Read().status();
    EXPECT_EQ(status.code(), code) << status;
    for (const std::string& word : words) {
      EXPECT_THAT(std::string(status.message()), HasSubstr(word));
    }
  }

  MNISTConfig config_;
};

at::Tensor Image(int64_t index) {
  return at::arange(index * 6, index * 6 + 6, at::kByte).reshape({1, 2, 3});
}

TEST_F(MnistTest, GivesImagesAndLabels) {
  Write(Images(4), Labels(4));

  const auto dataset = *Read();

  EXPECT_EQ(dataset->size(), 4);
  EXPECT_TRUE(BitIdentical(
      *dataset->Get(2, SampleRandom(0, 0, 0)),
      Dict{{"inputs", Image(2)}, {"labels", at::scalar_tensor(2, at::kLong)}}));
}

TEST_F(MnistTest, ReadsGzippedFiles) {
  Write(Gzip(Images(4)), Gzip(Labels(4)));

  const auto dataset = *Read();

  EXPECT_TRUE(BitIdentical(
      *dataset->Get(3, SampleRandom(0, 0, 0)),
      Dict{{"inputs", Image(3)}, {"labels", at::scalar_tensor(3, at::kLong)}}));
}

TEST_F(MnistTest, ReadsMoreThanOneChunkOfGzip) {
  Write(Gzip(Images(400000)), Labels(400000));

  const auto dataset = *Read();

  const auto sample = *dataset->Get(399999, SampleRandom(0, 0, 0));
  EXPECT_EQ(sample.Find("inputs")->get_if<at::Tensor>()->data_ptr<uint8_t>()[5],
            (400000 * 6 - 1) % 256);
}

TEST_F(MnistTest, TakesAPart) {
  Write(Images(6), Labels(6));
  config_.set_begin(2);
  config_.set_end(5);

  const auto dataset = *Read();

  EXPECT_EQ(dataset->size(), 3);
  const auto sample = *dataset->Get(0, SampleRandom(0, 0, 0));
  EXPECT_TRUE(BitIdentical(*sample.Find("inputs"), Image(2)));
  const Batch batch = *dataset->GetBatch({2, 0}, {});
  EXPECT_TRUE(
      BitIdentical(batch.tensor("labels"), at::tensor({4, 2}, at::kLong)));
}

TEST_F(MnistTest, RunsItsPipelineOnEachSample) {
  Write(Images(2), Labels(2));
  NormalizeConfig normalize;
  normalize.add_mean(6);
  normalize.add_std(2);
  *config_.add_pipeline() = Packed(normalize);

  const auto dataset = *Read();

  EXPECT_FALSE(dataset->has_get_batch());
  const auto sample = *dataset->Get(1, SampleRandom(0, 0, 0));
  EXPECT_TRUE(BitIdentical(
      *sample.Find("inputs"),
      at::tensor({0.f, .5f, 1.f, 1.5f, 2.f, 2.5f}).reshape({1, 2, 3})));
}

TEST_F(MnistTest, NamesTheDigitsUnlessToldOthers) {
  Write(Images(1), Labels(1));
  EXPECT_EQ(Value((*Read())->metainfo()).DebugString(),
            "{'classes': ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']}");

  config_.add_classes("shirt");
  config_.add_classes("bag");

  EXPECT_EQ(Value((*Read())->metainfo()).DebugString(),
            "{'classes': ['shirt', 'bag']}");
}

TEST_F(MnistTest, SaysWhichFileIsMissing) {
  ExpectError(absl::StatusCode::kNotFound,
              {config_.data_root() + "/images", "set data_root"});
}

TEST_F(MnistTest, SaysThatLabelsAreMissing) {
  Write(Images(1), Labels(1));
  std::filesystem::remove(config_.data_root() + "/labels");

  ExpectError(absl::StatusCode::kNotFound, {config_.data_root() + "/labels"});
}

TEST_F(MnistTest, RefusesAnEmptyFile) {
  Write("", Labels(1));

  ExpectError(absl::StatusCode::kDataLoss,
              {config_.data_root() + "/images", "0 bytes", "fetch it again"});
}

TEST_F(MnistTest, RefusesATruncatedFile) {
  Write(Images(4).substr(0, 30), Labels(4));

  ExpectError(absl::StatusCode::kDataLoss,
              {config_.data_root() + "/images", "it has 30 bytes",
               "its header says 40", "fetch it again"});
}

TEST_F(MnistTest, RefusesAFileThatIsTooLong) {
  Write(Images(4), Labels(4) + "x");

  ExpectError(absl::StatusCode::kDataLoss,
              {config_.data_root() + "/labels", "it has 13 bytes",
               "its header says 12"});
}

// Sizes whose product is beyond 64 bits.
TEST_F(MnistTest, RefusesAHeaderOfImpossibleSizes) {
  std::string images = Images(1);
  for (int i = 4; i < 16; ++i) images[i] = '\xff';
  Write(images, Labels(1));

  ExpectError(absl::StatusCode::kDataLoss, {config_.data_root() + "/images"});
}

TEST_F(MnistTest, RefusesAnotherMagicNumber) {
  Write(Labels(32), Labels(32));

  ExpectError(absl::StatusCode::kInvalidArgument,
              {config_.data_root() + "/images", "0x00000801",
               "expected 0x00000803", "images"});
}

TEST_F(MnistTest, RefusesTruncatedGzip) {
  const std::string packed = Gzip(Images(100));
  Write(packed.substr(0, packed.size() / 2), Labels(100));

  ExpectError(absl::StatusCode::kDataLoss, {config_.data_root() + "/images",
                                            "gzip", "fetch the file again"});
}

// Which the decoder sees, or only gzip's checksum.
TEST_F(MnistTest, RefusesEachFlippedByteOfGzipData) {
  const std::string packed = Gzip(Images(20));
  for (size_t i = 10; i < packed.size(); ++i) {
    std::string damaged = packed;
    damaged[i] ^= '\xff';
    Write(damaged, Labels(20));

    const absl::Status status = Read().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << i;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(config_.data_root() + "/images"));
  }
}

TEST_F(MnistTest, RefusesImagesAndLabelsOfDifferentCounts) {
  Write(Images(4), Labels(5));

  ExpectError(absl::StatusCode::kInvalidArgument,
              {config_.data_root(), "images has 4 samples", "labels has 5",
               "different sets"});
}

struct Range {
  const char* name;
  int64_t begin;
  int64_t end;
};

class MnistRange : public MnistTest,
                   public testing::WithParamInterface<Range> {};

TEST_P(MnistRange, MustBeAPartOfTheSamples) {
  config_.set_data_root(std::string(std::getenv("TEST_TMPDIR")));
  Write(Images(4), Labels(4));
  config_.set_begin(GetParam().begin);
  config_.set_end(GetParam().end);

  ExpectError(absl::StatusCode::kInvalidArgument,
              {"MNIST " + config_.data_root(),
               "begin " + std::to_string(GetParam().begin),
               "end " + std::to_string(GetParam().end), "its 4 samples",
               "0 <= begin < end <= 4"});
}

INSTANTIATE_TEST_SUITE_P(Ranges, MnistRange,
                         testing::Values(Range{"BeyondTheEnd", 0, 5},
                                         Range{"Empty", 2, 2},
                                         Range{"Backwards", 3, 1},
                                         Range{"Negative", -1, 3}),
                         [](const auto& info) { return info.param.name; });

TEST_F(MnistTest, PassesOnAPipelinesError) {
  Write(Images(1), Labels(1));
  NormalizeConfig normalize;
  normalize.add_mean(6);
  normalize.add_std(0);
  *config_.add_pipeline() = Packed(normalize);

  ExpectError(absl::StatusCode::kInvalidArgument, {"Normalize: std is 0"});
}

}  // namespace
}  // namespace anneal
