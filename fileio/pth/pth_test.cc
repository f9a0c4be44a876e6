#include "fileio/pth/pth.h"

#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "fileio/value_text.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

constexpr char kTestdata[] = "fileio/testdata/";

std::string Path(const std::string& name) {
  return ::testing::TempDir() + "/" + name;
}

std::string Write(const std::string& name, const std::string& bytes) {
  std::ofstream(Path(name), std::ios::binary) << bytes;
  return Path(name);
}

const Value& At(const Value& value, const std::string& key) {
  return *value.get_if<Dict>()->Find(key);
}
const at::Tensor& TensorAt(const Value& value, const std::string& key) {
  return *At(value, key).get_if<at::Tensor>();
}

// Files of torch 2.11.0.
class FromPythonTest : public ::testing::TestWithParam<const char*> {};

TEST_P(FromPythonTest, IsReadExactly) {
  const auto value = LoadPth(kTestdata + std::string(GetParam()));

  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(ValueText(*value), ReadTestdata("kinds.txt"));
}

TEST_P(FromPythonTest, SharesStorages) {
  const auto value = LoadPth(kTestdata + std::string(GetParam()));

  ASSERT_TRUE(value.ok()) << value.status();
  const Value& tensors = At(*value, "tensors");
  EXPECT_TRUE(TensorAt(tensors, "row").is_alias_of(TensorAt(tensors, "base")));
  EXPECT_TRUE(
      TensorAt(tensors, "transposed").is_alias_of(TensorAt(tensors, "base")));
  EXPECT_FALSE(TensorAt(tensors, "nan").is_alias_of(TensorAt(tensors, "base")));
}

TEST_P(FromPythonTest, IsWrittenAndReadAgainExactly) {
  const auto value = LoadPth(kTestdata + std::string(GetParam()));
  ASSERT_TRUE(value.ok()) << value.status();
  const std::string path = Path("again.pth");

  ASSERT_TRUE(SavePth(*value, path).ok());

  const auto again = LoadPth(path);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ValueText(*again), ReadTestdata("kinds.txt"));
  const Value& tensors = At(*again, "tensors");
  EXPECT_TRUE(
      TensorAt(tensors, "transposed").is_alias_of(TensorAt(tensors, "base")));
}

INSTANTIATE_TEST_SUITE_P(Forms, FromPythonTest,
                         ::testing::Values("kinds_zip.pth", "kinds_legacy.pth"),
                         [](const auto& info) {
                           return absl::StrContains(info.param, "zip")
                                      ? "Zip"
                                      : "Legacy";
                         });

class MMEngineCheckpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto loaded = LoadPth("fileio/testdata/mmengine.pth");
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    value_ = *std::move(loaded);
  }
  Value value_;
};

TEST_F(MMEngineCheckpointTest, HasItsWeightsAndOptimizer) {
  const Dict plain{{"meta", At(value_, "meta")},
                   {"state_dict", At(value_, "state_dict")},
                   {"optimizer", At(value_, "optimizer")},
                   {"param_schedulers", At(value_, "param_schedulers")}};
  EXPECT_EQ(ValueText(plain), ReadTestdata("mmengine.txt"));
}

TEST_F(MMEngineCheckpointTest, HasHistoriesAsAnnealKeepsThem) {
  const Value& loss =
      At(At(At(value_, "message_hub"), "log_scalars"), "train/loss");

  EXPECT_EQ(*At(loss, "max_length").get_if<int64_t>(), 1000000);
  EXPECT_EQ(TensorAt(loss, "log_history").scalar_type(), at::kDouble);
  EXPECT_EQ(TensorAt(loss, "log_history")[1].item<double>(), 0.25);
  EXPECT_EQ(TensorAt(loss, "count_history")[1].item<int64_t>(), 2);
}

TEST_F(MMEngineCheckpointTest, HasNumpysValues) {
  const Value& info = At(At(value_, "message_hub"), "runtime_info");

  EXPECT_TRUE(BitIdentical(At(info, "best"), 0.75));
  EXPECT_TRUE(BitIdentical(At(info, "count"), 3));
  EXPECT_TRUE(BitIdentical(At(info, "flag"), true));
  EXPECT_TRUE(at::equal(TensorAt(info, "array"),
                        at::arange(6, at::kFloat).view({2, 3})));
  EXPECT_TRUE(at::equal(TensorAt(info, "fortran"),
                        at::arange(6, at::kLong).view({2, 3})));
}

TEST_F(MMEngineCheckpointTest, KeepsTheRestInert) {
  const Value& words =
      At(At(At(value_, "message_hub"), "runtime_info"), "words");
  EXPECT_EQ(*At(words, "__global__").get_if<std::string>(),
            "numpy._core.multiarray._reconstruct");
}

struct Unreadable {
  const char* name;
  std::string bytes;
  absl::StatusCode code;
  const char* word;
};

class UnreadableTest : public ::testing::TestWithParam<Unreadable> {};

TEST_P(UnreadableTest, SaysWhyAndWhatToDo) {
  const std::string path = Write("unreadable.pth", GetParam().bytes);

  const absl::Status status = LoadPth(path).status();

  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(status.message(), HasSubstr(GetParam().word));
  EXPECT_THAT(status.message(), HasSubstr(path));
}

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kLost = absl::StatusCode::kDataLoss;

// `bytes` with the first `from` made `to`, of the same length.
std::string Replace(std::string bytes, absl::string_view from,
                    absl::string_view to) {
  const size_t at = bytes.find(std::string(from));
  EXPECT_NE(at, bytes.npos);
  return bytes.replace(at, to.size(), std::string(to));
}
std::string Tar() {
  std::string bytes(512, '\0');
  return bytes.replace(257, 5, "ustar");
}

INSTANTIATE_TEST_SUITE_P(
    Each, UnreadableTest,
    ::testing::Values(
        Unreadable{"Empty", "", kLost, "its beginning is damaged"},
        Unreadable{"Text", "epoch_1.pth\n", kLost, "no file that torch.save"},
        // CVE-2025-32434 came by the tar form.
        Unreadable{"Tar", Tar(), kInvalid, "a tar file"},
        Unreadable{"TorchScript", ReadTestdata("torchscript.pt"), kInvalid,
                   "a TorchScript program"},
        Unreadable{"NoDataPkl",
                   Replace(Replace(ReadTestdata("small_zip.pth"), "data.pkl",
                                   "DATA.pkl"),
                           "small_zip/data.pkl", "small_zip/DATA.pkl"),
                   kInvalid, "without data.pkl"},
        Unreadable{
            "NoStorage",
            Replace(Replace(ReadTestdata("small_zip.pth"), "data/0", "data/1"),
                    "data/0", "data/1"),
            kLost, "data/0 of a tensor is missing"},
        Unreadable{"FlippedWeight",
                   Replace(ReadTestdata("small_zip.pth"),
                           absl::string_view("\0\0\x80\x3f", 4),
                           absl::string_view("\0\0\x81\x3f", 4)),
                   kLost, "data/0: its CRC-32"},
        Unreadable{"BigEndian",
                   Replace(ReadTestdata("no_crc.pth"), "little", "bigger"),
                   kInvalid, "its byte order is \"bigger\""},
        // CVE-2026-24747: a record of other bytes than its tensor's.
        Unreadable{
            "NumelTooSmall",
            Replace(ReadTestdata("no_crc.pth"), "cpuq\6K\2", "cpuq\6K\1"),
            kLost, "has 8 bytes, its tensor needs 4"},
        Unreadable{
            "NumelTooLarge",
            Replace(ReadTestdata("no_crc.pth"), "cpuq\6K\2", "cpuq\6K\3"),
            kLost, "said to have 3 elements"},
        Unreadable{
            "LegacyOfAnotherProtocol",
            Replace(ReadTestdata("small_legacy.pth"), "M\xe9\3", "M\xea\3"),
            kInvalid, "its protocol is 1002"},
        Unreadable{"LegacyBigEndian",
                   Replace(ReadTestdata("small_legacy.pth"),
                           absl::string_view("little_endianq\x02\x88", 16),
                           absl::string_view("little_endianq\x02\x89", 16)),
                   kInvalid, "not little-endian"},
        Unreadable{"LegacyWithMoreBytes",
                   ReadTestdata("small_legacy.pth") + "x", kInvalid,
                   "1 bytes follow"},
        Unreadable{"LegacyCutOff",
                   ReadTestdata("small_legacy.pth")
                       .substr(0, ReadTestdata("small_legacy.pth").size() - 1),
                   kLost, "is cut off"}),
    [](const auto& info) { return info.param.name; });

TEST(LoadPth, SaysThatAFileIsMissing) {
  const absl::Status status = LoadPth("/no/such.pth").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("/no/such.pth"));
}

TEST(LoadPth, ReadsRecordsWithoutACrc) {
  const auto value = LoadPth("fileio/testdata/no_crc.pth");
  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_EQ(TensorAt(*value, "w")[1].item<float>(), 2);
}

TEST(SavePth, NamesTheRootAfterTheFileAsTorchDoes) {
  ASSERT_TRUE(SavePth(Dict{{"a", 1}}, Path("epoch_1.pth")).ok());

  std::ifstream file(Path("epoch_1.pth"), std::ios::binary);
  std::string head(60, '\0');
  file.read(&head[0], head.size());
  EXPECT_THAT(head, HasSubstr("epoch_1/data.pkl"));
}

TEST(SavePth, RefusesAUriWithoutItsSecrets) {
  const absl::Status status = SavePth(Dict(), "s3://ann:hunter2@b/a.pth");

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("s3://b/a.pth"));
  EXPECT_EQ(std::string(status.message()).find("hunter2"), std::string::npos);
}

TEST(SavePth, NamesThePathOfWhatCanNotBeSaved) {
  const absl::Status status =
      SavePth(Dict{{"a", "\xff"}}, Path("not_utf8.pth"));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("not_utf8.pth: a text"));
}

TEST(SavePth, LeavesTheOldFileWhereTheDiskIsFull) {
  const std::string path = Path("full.pth");
  ASSERT_TRUE(SavePth(Dict{{"a", 1}}, path).ok());
  struct rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const struct rlimit small = {4096, before.rlim_max};
  auto* const handler = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  const absl::Status status = SavePth(Dict{{"w", at::ones({5000})}}, path);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  signal(SIGXFSZ, handler);

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_TRUE(BitIdentical(*LoadPth(path), Dict{{"a", 1}}));
}

}  // namespace
}  // namespace anneal
