#include "fileio/npy/npy.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/view_as_real.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "fileio/file_stream.h"
#include "fileio/json/json.h"
#include "fileio/npy/npy_header.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string FileOf(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A .npy file with that header, of version 1, and those bytes.
std::string Npy(const std::string& header, const std::string& bytes = "") {
  std::string file("\x93NUMPY\x01\x00", 8);
  file += static_cast<char>(header.size() % 256);
  file += static_cast<char>(header.size() / 256);
  return file + header + bytes;
}
std::string Header(const std::string& descr, const std::string& shape) {
  return absl::StrCat("{'descr': ", descr,
                      ", 'fortran_order': False, 'shape': ", shape, "}");
}

std::string Elements(const at::Tensor& tensor) {
  return ToJson(tensor.is_complex() ? at::view_as_real(tensor) : tensor);
}

TEST(Npy, EqualsNumpy) {
  const std::string golden = FileOf("fileio/npy/npy_golden.txt");
  int num_files = 0;
  for (absl::string_view line :
       absl::StrSplit(golden, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> columns = absl::StrSplit(line, '\t');
    const std::string file = absl::HexStringToBytes(columns[3]);
    const absl::StatusOr<at::Tensor> tensor = ReadNpy(file);
    ASSERT_TRUE(tensor.ok()) << columns[0] << ": " << tensor.status();
    EXPECT_EQ(Elements(*tensor), columns[2]) << columns[0];
    if (columns[1] == "same") {
      EXPECT_EQ(*NpyBytes(*tensor), file) << columns[0];
    }
    ++num_files;
  }
  EXPECT_GT(num_files, 60);
}

TEST(Npy, ReadsAnyByteOfABoolean) {
  const at::Tensor tensor =
      *ReadNpy(Npy(Header("'|b1'", "(3,)"), std::string("\x00\x01\x80", 3)));

  EXPECT_EQ(ToJson(tensor), "[false, true, true]");
  EXPECT_EQ(tensor.to(at::kInt).sum().item<int>(), 2);
}

TEST(Npy, IgnoresWhatFollowsTheArray) {
  EXPECT_EQ(ToJson(*ReadNpy(Npy(Header("'|u1'", "(1,)"), "\x07more"))), "[7]");
}

TEST(Npy, WritesAViewAsItsElements) {
  const at::Tensor transposed = at::arange(6, at::kLong).view({2, 3}).t();

  EXPECT_EQ(ToJson(*ReadNpy(*NpyBytes(transposed))),
            "[[0, 3], [1, 4], [2, 5]]");
}

TEST(Npy, WritesNoDtypeThatNumpyLacks) {
  for (const at::Tensor& tensor : {at::ones({2}, at::kBFloat16), at::Tensor(),
                                   at::ones({2}).to_sparse()}) {
    EXPECT_EQ(NpyBytes(tensor).status().code(),
              absl::StatusCode::kInvalidArgument);
  }
  EXPECT_THAT(
      std::string(NpyBytes(at::ones({2}, at::kBFloat16)).status().message()),
      HasSubstr("no BFloat16 arrays"));
}

struct Broken {
  const char* name;
  std::string file;
  absl::StatusCode code;
  const char* words;
};

class BrokenNpy : public ::testing::TestWithParam<Broken> {};

TEST_P(BrokenNpy, IsRefused) {
  const absl::Status status = ReadNpy(GetParam().file).status();

  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
}

constexpr auto kLoss = absl::StatusCode::kDataLoss;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

INSTANTIATE_TEST_SUITE_P(
    Npy, BrokenNpy,
    ::testing::Values(
        Broken{"Empty", "", kLoss, "no .npy file"},
        Broken{"Other", "PK\x03\x04whatever", kLoss, "no .npy file"},
        Broken{"Header", Npy(Header("'<f4'", "(2,)")).substr(0, 30), kLoss,
               "cut off in its header"},
        Broken{"Data", Npy(Header("'<f4'", "(2,)"), "1234567"), kLoss,
               "there are 7 bytes of it"},
        Broken{"Huge", Npy(Header("'<f4'", "(9223372036854775807, 4)")), kLoss,
               "cut off"},
        Broken{"Version", std::string("\x93NUMPY\x04\x00\x02\x00{}", 12),
               kInvalid, "version 4"},
        Broken{"Objects", Npy(Header("'|O'", "(2,)")), kInvalid,
               "an array of Python objects"},
        Broken{"Texts", Npy(Header("'<U3'", "(2,)")), kInvalid,
               "an array of <U3"},
        Broken{"Dates", Npy(Header("'<M8[ns]'", "(2,)")), kInvalid, "<M8[ns]"},
        Broken{"LongDouble", Npy(Header("'<f16'", "(2,)")), kInvalid, "<f16"},
        Broken{"Fields", Npy(Header("[('a', '<f4')]", "(2,)")), kInvalid,
               "records with fields"},
        Broken{"NegativeDim", Npy(Header("'<f4'", "(-1,)")), kLoss,
               "no .npy header"},
        Broken{"LargeDim", Npy(Header("'<f4'", "(99999999999999999999,)")),
               kLoss, "no .npy header"},
        Broken{"NoShape", Npy("{'descr': '<f4', 'fortran_order': False}"),
               kLoss, "no .npy header"},
        Broken{"TwoShapes", Npy("{'descr': '<f4', 'shape': (), 'shape': (1,)}"),
               kLoss, "no .npy header"},
        Broken{"UnknownKey", Npy("{'descr': '<f4', 'a': True}"), kLoss,
               "no .npy header"},
        Broken{"Code", Npy(Header("__import__('os')", "()")), kLoss,
               "no .npy header"},
        Broken{"Rank",
               Npy(Header("'<f4'",
                          [] {
                            std::string shape = "(";
                            for (int i = 0; i < 65; ++i) shape += "1,";
                            return shape + ")";
                          }())),
               kInvalid, "more than 64 dimensions"}),
    [](const auto& info) { return info.param.name; });

// -- .npz: made by numpy.savez and savez_compressed (fuzz/make_seeds.py).

TEST(Npz, ReadsNumpysFiles) {
  for (const char* name : {"stored", "deflated"}) {
    const absl::StatusOr<Dict> arrays =
        ReadNpz(FileOf(absl::StrCat("fileio/npy/fuzz/npz/", name, ".npz")));
    ASSERT_TRUE(arrays.ok()) << arrays.status();
    EXPECT_EQ(ToJson(*arrays),
              R"({"a": [0, 1, 2], "b": [[1.0, 1.0], [1.0, 1.0]]})");
  }
}

TEST(Npz, ReadsWhatItWrote) {
  const Dict arrays{{"a", at::arange(3, at::kLong)},
                    {"b", 1.5},
                    {int64_t{3}, true},
                    {"d", 7}};
  std::string bytes;
  ASSERT_TRUE(WriteNpz(arrays, OutputToBytes(&bytes)).ok());

  EXPECT_EQ(ToJson(*ReadNpz(bytes)),
            R"({"a": [0, 1, 2], "b": 1.5, "3": true, "d": 7})");
}

TEST(Npz, NamesTheKeyThatIsNoArray) {
  std::string bytes;
  const absl::Status status = WriteNpz({{"a", "text"}}, OutputToBytes(&bytes));

  EXPECT_EQ(status.code(), kInvalid);
  EXPECT_THAT(std::string(status.message()), StartsWith("a: a str is no"));
  EXPECT_EQ(bytes, "");
}

TEST(Npz, GivesOtherRecordsAsBytes) {
  const Dict records = *ReadNpz(FileOf("fileio/pth/fuzz/zip/two.zip"));

  EXPECT_EQ(records.Find("a/b")->get_if<Value::Bytes>()->data, "content");
}

TEST(Npz, NamesTheRecordThatIsBroken) {
  std::string file = FileOf("fileio/npy/fuzz/npz/stored.npz");
  file[file.find("NUMPY") + 5] = '\x07';
  const absl::Status status = ReadNpz(file).status();

  EXPECT_EQ(status.code(), kLoss);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("record a.npy: its CRC-32"));
}

}  // namespace
}  // namespace anneal
