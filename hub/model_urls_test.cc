#include "hub/model_urls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "logging/logger.h"

namespace anneal::hub {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStdout;

void WriteTable(const std::string& folder, const std::string& text) {
  const std::string home = ::testing::TempDir() + "/" + folder;
  std::filesystem::create_directories(home);
  std::ofstream(home + "/model_urls.txt") << text;
  setenv("ANNEAL_HOME", home.c_str(), 1);
}

// The table is read once.
class UserTable : public ::testing::Environment {
 public:
  void SetUp() override {
    WriteTable("home",
               "# mine\n"
               "mine net https://example.org/net-0123abcd.pth\n\n"
               "torchvision  alexnet\thttps://example.org/alexnet.pth\r\n");
  }
};

const ::testing::Environment* const kUserTable =
    ::testing::AddGlobalTestEnvironment(new UserTable);

struct UrlCase {
  const char* test;
  const char* scheme;
  const char* name;
  const char* url;
};

class ModelUrl : public ::testing::TestWithParam<UrlCase> {};

TEST_P(ModelUrl, IsFound) {
  const auto url = FindModelUrl(GetParam().scheme, GetParam().name);

  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(*url, GetParam().url);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ModelUrl,
    ::testing::Values(
        UrlCase{"Torchvision", "torchvision", "resnet50",
                "https://download.pytorch.org/models/resnet50-0676ba61.pth"},
        UrlCase{"NewTorchvision", "torchvision", "resnet50.imagenet1k_v2",
                "https://download.pytorch.org/models/resnet50-11ad3fa6.pth"},
        UrlCase{"Modelzoo", "modelzoo", "resnet50",
                "https://download.pytorch.org/models/resnet50-0676ba61.pth"},
        UrlCase{"Openmmlab", "openmmlab", "vgg16_caffe",
                "https://download.openmmlab.com/pretrain/third_party/"
                "vgg16_caffe-292e1171.pth"},
        UrlCase{"Renamed", "open-mmlab", "resnet50_caffe",
                "https://download.openmmlab.com/pretrain/third_party/"
                "resnet50_caffe-788b5fa3.pth"},
        UrlCase{"Mmcls", "mmcls", "vgg11",
                "https://download.openmmlab.com/mmclassification/v0/vgg/"
                "vgg11_batch256_imagenet_20210208-4271cd6c.pth"},
        UrlCase{"Users", "mine", "net", "https://example.org/net-0123abcd.pth"},
        UrlCase{"UsersInPlaceOfOurs", "torchvision", "alexnet",
                "https://example.org/alexnet.pth"}),
    [](const auto& info) { return info.param.test; });

TEST(ModelUrls, DeprecatedNamesWarn) {
  ASSERT_TRUE(Logger::Initialize({}).ok());
  CaptureStdout();

  ASSERT_TRUE(FindModelUrl("open-mmlab", "resnet101_caffe").ok());

  EXPECT_THAT(GetCapturedStdout(),
              AllOf(HasSubstr("use openmmlab://"),
                    HasSubstr("open-mmlab://resnet101_caffe is deprecated in "
                              "favor of open-mmlab://detectron/"
                              "resnet101_caffe")));
}

TEST(ModelUrls, ListsItsNames) {
  EXPECT_THAT(*ModelNames("torchvision"),
              AllOf(SizeIs(248), Contains("resnet18"), Contains("alexnet")));
}

TEST(ModelUrls, UnknownNameTellsTheNearestAndWhereToAddOne) {
  const absl::Status status = FindModelUrl("torchvision", "resnet5O").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("\"resnet5O\""), HasSubstr("did you mean"),
                    HasSubstr("home/model_urls.txt")));
}

TEST(ModelUrls, UnknownSchemeListsThoseThereAre) {
  const absl::Status status = FindModelUrl("nozoo", "x").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("nozoo://"),
                    HasSubstr("mine mmcls openmmlab torchvision")));
}

TEST(ModelUrls, KnowsItsSchemes) {
  EXPECT_TRUE(*IsModelScheme("torchvision"));
  EXPECT_TRUE(*IsModelScheme("open-mmlab"));
  EXPECT_FALSE(*IsModelScheme("https"));
}

TEST(ModelUrls, ProgramCanAddModels) {
  ASSERT_TRUE(RegisterModelUrl("own", "net", "https://example.org/n.pth").ok());

  EXPECT_EQ(*FindModelUrl("own", "net"), "https://example.org/n.pth");
}

TEST(ModelUrls, NameIsRegisteredOnce) {
  const absl::Status status = RegisterModelUrl("mmcls", "vgg11", "x");

  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("mmcls://vgg11 is"));
}

// In a process of its own, where no table is read yet.
TEST(ModelUrlsDeathTest, BrokenUserTableIsToldByLine) {
  ::testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_EXIT(
      {
        WriteTable("broken", "# one\nmine net\n");
        const absl::Status status = IsModelScheme("mine").status();
        std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
        std::exit(absl::IsInvalidArgument(status) ? 0 : 1);
      },
      ::testing::ExitedWithCode(0),
      "broken/model_urls.txt:2: \"mine net\" is no line");
}

}  // namespace
}  // namespace anneal::hub
