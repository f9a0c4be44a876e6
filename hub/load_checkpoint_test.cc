#include "hub/load_checkpoint.h"

#include <ATen/ops/ones.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/strings/escaping.h"
#include "fileio/http/digest.h"
#include "fileio/http/test_server.h"
#include "fileio/pth/pth.h"
#include "hub/model_urls.h"
#include "tests/support/memory_backend.h"
#include "utils/value.h"

namespace anneal::hub {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A file with weights, and its bytes behind URLs.
class LoadCheckpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string home = ::testing::TempDir() + "/load";
    setenv("HOME", home.c_str(), 1);
    setenv("ANNEAL_HOME", (home + "/anneal").c_str(), 1);
    setenv("TORCH_HOME", (home + "/torch").c_str(), 1);
    std::filesystem::create_directories(home);
    path_ = home + "/net.pth";
    weights_ = Dict{{"backbone.w", at::ones({2})}, {"head.w", at::ones({3})}};
    ASSERT_TRUE(SavePth(weights_, path_).ok());
    std::ifstream file(path_);
    bytes_ = {std::istreambuf_iterator<char>(file), {}};
    const std::string hash =
        absl::BytesToHexString(DigestOf(DigestKind::kSha256, bytes_));
    hash_ = hash.substr(0, 8);
    MemoryFiles() = {};
  }

  void ExpectWeights(const std::string& uri) {
    const auto value = LoadCheckpoint(uri);
    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_TRUE(BitIdentical(*value, weights_));
  }

  std::string path_;
  Dict weights_;
  std::string bytes_;
  std::string hash_;
};

TEST_F(LoadCheckpointTest, ReadsLocalFiles) {
  ExpectWeights(path_);
  ExpectWeights("file://" + path_);
  ExpectWeights("~/net.pth");
}

// What the server sends is no checkpoint, but it was read over HTTP.
TEST_F(LoadCheckpointTest, ReadsHttpByItself) {
  const TestServer server("fileio/http/test_server.py");

  const absl::Status status =
      LoadCheckpoint(server.Url("/file?size=100")).status();
  const absl::Status missing =
      LoadCheckpoint(server.Url("/file?status=404")).status();

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("/downloads/"));
  EXPECT_EQ(missing.code(), absl::StatusCode::kNotFound) << missing;
}

TEST_F(LoadCheckpointTest, ArgumentsPickTheBackend) {
  MemoryFiles() = {{"a key", {bytes_}}};
  fileio::BackendArgs args;
  (*args.mutable_fields())["backend"].set_string_value("memory");

  const auto value = LoadCheckpoint("a key", args);

  ASSERT_TRUE(value.ok()) << value.status();
  EXPECT_TRUE(BitIdentical(*value, weights_));
}

TEST_F(LoadCheckpointTest, ReadsOtherStorageEachTime) {
  MemoryFiles() = {{"mem://bucket/last.pth", {bytes_}}};
  ExpectWeights("mem://bucket/last.pth");
  weights_ = Dict{{"w", 2}};
  ASSERT_TRUE(SavePth(weights_, path_).ok());
  std::ifstream file(path_);
  MemoryFiles()["mem://bucket/last.pth"].bytes = {
      std::istreambuf_iterator<char>(file), {}};

  ExpectWeights("mem://bucket/last.pth");
}

TEST_F(LoadCheckpointTest, ReadsModelsOfTheTable) {
  const std::string url = "mem://example.org/own-" + hash_ + ".pth";
  MemoryFiles() = {{url, {bytes_}}};
  ASSERT_TRUE(RegisterModelUrl("own", "net", url).ok());

  ExpectWeights("own://net");
}

TEST_F(LoadCheckpointTest, TableMayNameAFileOfAnnealsHome) {
  ASSERT_TRUE(RegisterModelUrl("own", "local", "mine/net.pth").ok());
  const std::string folder = std::string(std::getenv("ANNEAL_HOME")) + "/mine";
  std::filesystem::create_directories(folder);
  std::filesystem::copy_file(path_, folder + "/net.pth",
                             std::filesystem::copy_options::overwrite_existing);

  ExpectWeights("own://local");
}

TEST_F(LoadCheckpointTest, TakesTheBackboneOfAClassifier) {
  const std::string url = "mem://example.org/classifier.pth";
  ASSERT_TRUE(RegisterModelUrl("mmcls", "test_net", url).ok());
  for (const bool is_whole : {false, true}) {
    ASSERT_TRUE(SavePth(is_whole ? Dict{{"meta", 1}, {"state_dict", weights_}}
                                 : weights_,
                        path_)
                    .ok());
    std::ifstream file(path_);
    MemoryFiles() = {{url, {{std::istreambuf_iterator<char>(file), {}}}}};
    std::filesystem::remove_all(std::getenv("ANNEAL_HOME"));

    const auto value = LoadCheckpoint("mmcls://test_net");

    ASSERT_TRUE(value.ok()) << value.status();
    EXPECT_TRUE(
        BitIdentical(*value, Dict{{"state_dict", Dict{{"w", at::ones({2})}}}}));
  }
}

TEST_F(LoadCheckpointTest, OwnReaderGoesFirstTheLongestPrefixOfAll) {
  const auto reader = [](const std::string& text) {
    return [text](const std::string& uri) -> absl::StatusOr<Value> {
      return Value(text + " " + uri);
    };
  };
  ASSERT_TRUE(RegisterCheckpointReader("zoo://", reader("short")).ok());
  ASSERT_TRUE(RegisterCheckpointReader("zoo://a/", reader("long")).ok());

  EXPECT_EQ(*LoadCheckpoint("zoo://b")->get_if<std::string>(), "short zoo://b");
  EXPECT_EQ(*LoadCheckpoint("zoo://a/c")->get_if<std::string>(),
            "long zoo://a/c");
}

TEST_F(LoadCheckpointTest, PrefixHasOneReader) {
  const auto reader = [](const std::string&) -> absl::StatusOr<Value> {
    return Value();
  };
  ASSERT_TRUE(RegisterCheckpointReader("one://", reader).ok());

  const absl::Status status = RegisterCheckpointReader("one://", reader);

  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("one://"));
}

struct WrongCase {
  const char* name;
  const char* uri;
  absl::StatusCode code;
  const char* words;
};

class LoadCheckpointWrong : public LoadCheckpointTest,
                            public ::testing::WithParamInterface<WrongCase> {};

TEST_P(LoadCheckpointWrong, IsNamed) {
  MemoryFiles() = {{"mem://text.pth", {"no checkpoint"}}};

  const absl::Status status = LoadCheckpoint(GetParam().uri).status();

  EXPECT_EQ(status.code(), GetParam().code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Uris, LoadCheckpointWrong,
    ::testing::Values(WrongCase{"MissingFile", "/no/such.pth",
                                absl::StatusCode::kNotFound, "/no/such.pth"},
                      WrongCase{"UnknownModel", "torchvision://resnet51",
                                absl::StatusCode::kNotFound, "did you mean"},
                      WrongCase{"UnknownScheme", "gopher://net.pth",
                                absl::StatusCode::kNotFound, "gopher"},
                      WrongCase{"NoCheckpoint", "mem://text.pth",
                                absl::StatusCode::kDataLoss,
                                "mem://text.pth: "}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal::hub
