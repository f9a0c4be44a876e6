#include "fileio/safetensors.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <utility>

#include "fileio/little_endian.h"
#include "fileio/value_text.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

std::string Path(const std::string& name) {
  return ::testing::TempDir() + "/" + name;
}

std::string Write(const std::string& bytes) {
  // A new file each time: to cut an old one short waits for the disk.
  std::remove(Path("x.safetensors").c_str());
  std::ofstream(Path("x.safetensors"), std::ios::binary) << bytes;
  return Path("x.safetensors");
}

// A file of that header and `size` zeros.
std::string File(const std::string& header, int size) {
  std::string out;
  AppendLittleEndian(header.size(), 8, &out);
  return out + header + std::string(size, '\0');
}

TEST(Safetensors, ReadsWhatPythonWrote) {
  const auto file = LoadSafetensors("fileio/testdata/kinds.safetensors");

  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(ValueText(file->tensors), ReadTestdata("kinds.safetensors.txt"));
  EXPECT_THAT(file->metadata,
              ElementsAre(Pair("a}b", "\"quoted\" {"), Pair("format", "pt")));
}

TEST(Safetensors, WritesTensorsInPythonsOrder) {
  const auto file = LoadSafetensors("fileio/testdata/kinds.safetensors");
  ASSERT_TRUE(file.ok()) << file.status();

  ASSERT_TRUE(SaveSafetensors(*file, Path("kinds.safetensors")).ok());

  const auto again = LoadSafetensors(Path("kinds.safetensors"));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->metadata, file->metadata);
  // In the reference's order of dtypes and names.
  EXPECT_EQ(ValueText(again->tensors), ReadTestdata("kinds.safetensors.txt"));
}

TEST(Safetensors, AlignsTheTensors) {
  ASSERT_TRUE(SaveSafetensors({{{"w", at::ones({2})}}, {}}, Path("a")).ok());
  std::ifstream file(Path("a"), std::ios::binary);
  std::string size(8, '\0');
  file.read(&size[0], 8);
  EXPECT_EQ(LoadLittleEndian(size.data(), 8) % 8, 0u);
}

TEST(Safetensors, MakesTensorsContiguous) {
  const at::Tensor matrix = at::arange(6).view({2, 3}).t();
  ASSERT_TRUE(SaveSafetensors({{{"w", matrix}}, {}}, Path("t")).ok());

  const auto file = LoadSafetensors(Path("t"));

  ASSERT_TRUE(file.ok()) << file.status();
  const auto& read = *file->tensors.Find("w")->get_if<at::Tensor>();
  EXPECT_TRUE(read.is_contiguous());
  EXPECT_TRUE(at::equal(read, matrix));
}

TEST(Safetensors, TakesAnEmptyHeaderAndTrailingSpaces) {
  const auto file = LoadSafetensors(Write(File("{}   ", 0)));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_TRUE(file->tensors.empty());
}

TEST(Safetensors, TakesScalarsAndEmptyTensors) {
  const auto file = LoadSafetensors(
      Write(File(R"({"a":{"dtype":"I8","shape":[],"data_offsets":[0,1]},)"
                 R"("b":{"dtype":"F64","shape":[0,9],"data_offsets":[1,1]}})",
                 1)));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->tensors.Find("a")->get_if<at::Tensor>()->dim(), 0);
  EXPECT_EQ(file->tensors.Find("b")->get_if<at::Tensor>()->sizes(),
            at::IntArrayRef({0, 9}));
}

struct Unreadable {
  const char* name;
  std::string bytes;
  absl::StatusCode code;
  const char* word;
};

class UnreadableTest : public ::testing::TestWithParam<Unreadable> {};

TEST_P(UnreadableTest, SaysWhatIsWrong) {
  const absl::Status status = LoadSafetensors(Write(GetParam().bytes)).status();

  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(status.message(), HasSubstr(GetParam().word));
  EXPECT_THAT(status.message(), HasSubstr("x.safetensors: "));
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kLost = absl::StatusCode::kDataLoss;

// One tensor "w" of `rest` with `size` bytes.
std::string Tensor(const std::string& rest, int size) {
  return File("{\"w\":{" + rest + "}}", size);
}
std::string Two(const std::string& a, const std::string& b, int size) {
  return File(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":)" + a +
                  R"(},"b":{"dtype":"U8","shape":[2],"data_offsets":)" + b +
                  "}}",
              size);
}
std::string OfSize(uint64_t header_size, const std::string& rest) {
  std::string out;
  AppendLittleEndian(header_size, 8, &out);
  return out + rest;
}

INSTANTIATE_TEST_SUITE_P(
    Each, UnreadableTest,
    ::testing::Values(
        Unreadable{"Short", "1234567", kLost, "shorter than"},
        Unreadable{"HeaderCutOff", OfSize(3, "{}"), kLost,
                   "is said to have 3 bytes"},
        Unreadable{"HeaderTooLarge", OfSize(100000001, "{}"), kLost,
                   "is said to have 100000001 bytes"},
        Unreadable{"HeaderOverflows", OfSize(~uint64_t{0}, "{}"), kLost,
                   "is said to have"},
        Unreadable{"NoHeader", OfSize(0, ""), kInvalid, "no JSON"},
        Unreadable{"SpaceFirst", File(" {}", 0), kInvalid, "no JSON"},
        Unreadable{"AList", File("[]", 0), kInvalid, "no JSON"},
        Unreadable{"HalfAnObject", File("{\"w\":", 0), kInvalid,
                   "no JSON object"},
        Unreadable{"TwoObjects", File("{}{}", 0), kInvalid, "no JSON object"},
        Unreadable{"NotUtf8", File("{\"\xff\":{}}", 0), kInvalid,
                   "no JSON object"},
        Unreadable{"NestedDeeply",
                   File("{\"w\":" + std::string(100000, '[') +
                            std::string(100000, ']') + "}",
                        0),
                   kInvalid, "nested too deeply"},
        Unreadable{"NameTwice",
                   File(R"({"w":{"dtype":"U8","shape":[0],"data_offsets":)"
                        R"([0,0]},"w":{"dtype":"U8","shape":[0],)"
                        R"("data_offsets":[0,0]}})",
                        0),
                   kInvalid, "a key twice"},
        Unreadable{"FieldTwice",
                   Tensor(R"("dtype":"U8","dtype":"U8","shape":[0],)"
                          R"("data_offsets":[0,0])",
                          0),
                   kInvalid, "a key twice"},
        Unreadable{"MetadataOfNumbers", File(R"({"__metadata__":{"a":1}})", 0),
                   kInvalid, "texts only"},
        Unreadable{"MetadataAsText", File(R"({"__metadata__":"a"})", 0),
                   kInvalid, "__metadata__ is no dict"},
        Unreadable{"TensorAsText", File(R"({"w":"U8"})", 0), kInvalid,
                   "tensor w: needs exactly"},
        Unreadable{"FieldMissing",
                   Tensor(R"("dtype":"U8","data_offsets":[0,0])", 0), kInvalid,
                   "needs exactly"},
        Unreadable{"FieldTooMany",
                   Tensor(R"("dtype":"U8","shape":[0],"data_offsets":[0,0],)"
                          R"("strides":[1])",
                          0),
                   kInvalid, "needs exactly"},
        Unreadable{
            "UnknownDtype",
            Tensor(R"("dtype":"F4","shape":[0],"data_offsets":[0,0])", 0),
            kInvalid, "dtype F4 is none that Anneal reads"},
        Unreadable{
            "NegativeDimension",
            Tensor(R"("dtype":"U8","shape":[-1],"data_offsets":[0,0])", 0),
            kInvalid, "no natural number"},
        Unreadable{
            "FractionalDimension",
            Tensor(R"("dtype":"U8","shape":[1.0],"data_offsets":[0,1])", 1),
            kInvalid, "no natural number"},
        Unreadable{"ShapeOverflows",
                   Tensor(R"("dtype":"U8","shape":[4294967296,4294967296],)"
                          R"("data_offsets":[0,0])",
                          0),
                   kInvalid, "its shape is too large"},
        Unreadable{"EmptyShapeOverflows",
                   Tensor(R"("dtype":"U8","shape":[0,18446744073709551615],)"
                          R"("data_offsets":[0,0])",
                          0),
                   kInvalid, "its shape is too large"},
        Unreadable{"OneOffset",
                   Tensor(R"("dtype":"U8","shape":[0],"data_offsets":[0])", 0),
                   kInvalid, "two natural numbers"},
        Unreadable{
            "NegativeOffset",
            Tensor(R"("dtype":"U8","shape":[1],"data_offsets":[-1,0])", 1),
            kInvalid, "two natural numbers"},
        Unreadable{
            "OffsetsReversed",
            Tensor(R"("dtype":"U8","shape":[1],"data_offsets":[2,1])", 2),
            kInvalid, "its shape needs 1 bytes"},
        Unreadable{
            "OffsetsOfAnotherSize",
            Tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,7])", 7),
            kInvalid, "its shape needs 8 bytes, data_offsets give 7"},
        Unreadable{"HoleAtTheStart", Two("[1,3]", "[3,5]", 5), kInvalid,
                   "tensor a: its bytes begin at 1"},
        Unreadable{"HoleBetween", Two("[0,2]", "[3,5]", 5), kInvalid,
                   "tensor b: its bytes begin at 3, those before it end at 2"},
        Unreadable{"Overlap", Two("[0,2]", "[1,3]", 3), kInvalid,
                   "tensor b: its bytes begin at 1"},
        Unreadable{"SameBytes", Two("[0,2]", "[0,2]", 2), kInvalid,
                   "its bytes begin at 0"},
        Unreadable{"BytesCutOff", Two("[0,2]", "[2,4]", 3), kLost,
                   "tensor b: the file ends inside its bytes"},
        Unreadable{"BytesAfterTheLast", Two("[0,2]", "[2,4]", 5), kInvalid,
                   "1 bytes follow the last tensor"}),
    [](const auto& info) { return info.param.name; });

TEST(Safetensors, FindsEveryTruncation) {
  const std::string whole = ReadTestdata("kinds.safetensors");
  for (size_t size = 0; size < whole.size(); ++size) {
    const absl::Status status =
        LoadSafetensors(Write(whole.substr(0, size))).status();
    EXPECT_EQ(status.code(), kLost) << size << ": " << status;
  }
}

// Never a crash, and never an error of another kind. A flipped bit of a
// tensor's bytes passes: the format has no checksum.
TEST(Safetensors, TakesOrRefusesEveryFlippedBit) {
  const std::string whole = ReadTestdata("kinds.safetensors");
  const size_t header_end = 8 + LoadLittleEndian(whole.data(), 8);
  for (size_t bit = 0; bit < 8 * header_end; ++bit) {
    std::string flipped = whole;
    flipped[bit / 8] ^= 1 << (bit % 8);
    const absl::Status status = LoadSafetensors(Write(flipped)).status();
    EXPECT_TRUE(status.ok() || status.code() == kLost ||
                status.code() == kInvalid)
        << bit << ": " << status;
  }
}

struct Unwritable {
  const char* name;
  Safetensors content;
  const char* word;
};

class UnwritableTest : public ::testing::TestWithParam<Unwritable> {};

TEST_P(UnwritableTest, SaysWhy) {
  const absl::Status status =
      SaveSafetensors(GetParam().content, Path("unwritable"));

  EXPECT_EQ(status.code(), kInvalid) << status;
  EXPECT_THAT(status.message(), HasSubstr(GetParam().word));
  EXPECT_THAT(status.message(), HasSubstr("unwritable: "));
}

Dict TwoKeys() {
  Dict dict{{"1", at::ones({1})}};
  dict[int64_t{1}] = at::ones({1});
  return dict;
}

INSTANTIATE_TEST_SUITE_P(
    Each, UnwritableTest,
    ::testing::Values(
        Unwritable{"Number", {{{"a", 1}}, {}}, "a is int"},
        Unwritable{"Dtype",
                   {{{"a", at::ones({1}, at::kComplexDouble)}}, {}},
                   "a is ComplexDouble"},
        Unwritable{"Undefined", {{{"a", at::Tensor()}}, {}}, "a is undefined"},
        Unwritable{"Sparse",
                   {{{"a", at::ones({2}).to_sparse()}}, {}},
                   "a is not dense"},
        Unwritable{"NameOfTheMetadata",
                   {{{"__metadata__", at::ones({1})}}, {}},
                   "can't be named \"__metadata__\""},
        Unwritable{"NameNotUtf8",
                   {{{"\xff", at::ones({1})}}, {}},
                   "can't be named \"\\xff\""},
        Unwritable{"TwoKeysOfOneName",
                   {TwoKeys(), {}},
                   "1 is there as a text and as an integer"},
        Unwritable{"MetadataNotUtf8",
                   {{}, {{"k", "\xff"}}},
                   "the metadata's \"k\" is not UTF-8"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
