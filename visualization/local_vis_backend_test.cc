#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>

#include "visualization/local_vis_backend.pb.h"
#include "visualization/vis_backend.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)), {});
}

class LocalVisBackendTest : public testing::Test {
 protected:
  LocalVisBackendTest()
      : folder_(std::string(std::getenv("TEST_TMPDIR")) + "/" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::create_directories(folder_);
  }

  absl::StatusOr<std::unique_ptr<VisBackend>> Make() const {
    google::protobuf::Any any;
    any.PackFrom(config_);
    return RegistryOf<VisBackend>::Get().Build(any, folder_);
  }

  std::string folder_;
  LocalVisBackendConfig config_;
};

TEST_F(LocalVisBackendTest, WritesMmenginesScalars) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  const auto backend = *Make();

  ASSERT_TRUE(backend->AddScalar("loss", 0.1, 3).ok());
  ASSERT_TRUE(backend
                  ->AddScalars({{"lr", 0.02},
                                {"data_time", 1e-5},
                                {"loss", 1. / 3},
                                {"iter", 50},
                                {"epoch", 1},
                                {"memory", 1024}},
                               50)
                  .ok());
  ASSERT_TRUE(backend
                  ->AddScalars({{"accuracy/top1", 98},
                                {"loss", kNaN},
                                {"grad_norm", HUGE_VAL},
                                {"step", 7}},
                               1)
                  .ok());
  ASSERT_TRUE(backend->AddScalars({}, 0).ok());

  const std::string golden = Contents("visualization/testdata/scalars.json");
  ASSERT_FALSE(golden.empty());
  EXPECT_EQ(Contents(folder_ + "/scalars.json"), golden);
}

TEST_F(LocalVisBackendTest, KeepsACounterThatIsNoNumber) {
  const auto backend = *Make();

  ASSERT_TRUE(backend->AddScalars({{"memory", NAN}}, 1).ok());

  EXPECT_EQ(Contents(folder_ + "/scalars.json"),
            "{\"memory\": NaN, \"step\": 1}\n");
}

TEST_F(LocalVisBackendTest, GoesOnInTheFileThatIsThere) {
  ASSERT_TRUE((*Make())->AddScalar("a", 0.5, 1).ok());

  ASSERT_TRUE((*Make())->AddScalar("a", 1, 2).ok());

  EXPECT_EQ(Contents(folder_ + "/scalars.json"),
            "{\"a\": 0.5, \"step\": 1}\n{\"a\": 1.0, \"step\": 2}\n");
}

TEST_F(LocalVisBackendTest, WritesTheConfigInTheSyntaxOfItsName) {
  ASSERT_TRUE((*Make())->AddConfig({"a: 1\n", "{\"a\": 1}\n"}).ok());
  config_.set_config_save_file("config.json");
  ASSERT_TRUE((*Make())->AddConfig({"a: 1\n", "{\"a\": 1}\n"}).ok());

  EXPECT_EQ(Contents(folder_ + "/config.yaml"), "a: 1\n");
  EXPECT_EQ(Contents(folder_ + "/config.json"), "{\"a\": 1}\n");
}

TEST_F(LocalVisBackendTest, WritesImagesByNameAndStep) {
  config_.set_img_save_dir("images");
  const auto backend = *Make();

  const absl::Status status =
      backend->AddImage("val/first", at::zeros({2, 2, 3}, at::kByte), 7);

  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(Contents(folder_ + "/images/val_first_7.png"),
              StartsWith("\x89PNG"));
}

TEST_F(LocalVisBackendTest, RefusesWhatIsNoImage) {
  const absl::Status status = (*Make())->AddImage("x", at::zeros({2, 2}), 0);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("[2, 2]"));
}

TEST_F(LocalVisBackendTest, NamesAFolderThatIsMissing) {
  folder_ += "/none";

  const absl::Status status = Make().status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(folder_), HasSubstr("scalars.json")));
}

TEST_F(LocalVisBackendTest, ReportsAFullDisk) {
  std::filesystem::create_symlink("/dev/full", folder_ + "/scalars.json");

  const absl::Status status = (*Make())->AddScalar("a", 1, 1);

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("scalars.json"));
}

TEST_F(LocalVisBackendTest, Closes) { EXPECT_TRUE((*Make())->Close().ok()); }

}  // namespace
}  // namespace anneal
