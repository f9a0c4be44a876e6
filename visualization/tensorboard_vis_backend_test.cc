#include <ATen/ops/arange.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fileio/little_endian.h"
#include "visualization/png.h"
#include "visualization/tensorboard_event.pb.h"
#include "visualization/tensorboard_vis_backend.pb.h"
#include "visualization/vis_backend.h"

namespace anneal {
namespace {

using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// A new folder; its files are among the test's outputs, which
// testdata/make_goldens.py can check.
std::string NewFolder() {
  const char* outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR");
  const std::string folder =
      std::string(outputs ? outputs : std::getenv("TEST_TMPDIR")) + "/" +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  std::filesystem::create_directories(folder);
  return folder;
}

absl::StatusOr<std::unique_ptr<VisBackend>> Make(const std::string& folder) {
  google::protobuf::Any any;
  any.PackFrom(TensorboardVisBackendConfig());
  return RegistryOf<VisBackend>::Get().Build(any, folder);
}

std::vector<std::string> Files(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    files.push_back(entry.path().string());
  }
  return files;
}

// The events of the folder's one file.
std::vector<tensorboard::Event> Events(const std::string& folder) {
  std::ifstream file(Files(folder).at(0), std::ios::binary);
  const std::string bytes((std::istreambuf_iterator<char>(file)), {});
  std::vector<tensorboard::Event> events;
  for (size_t at = 0; at < bytes.size();) {
    const uint64_t size = LoadLittleEndian(&bytes[at], 8);
    EXPECT_TRUE(
        events.emplace_back().ParseFromString(bytes.substr(at + 12, size)));
    at += size + 16;
  }
  return events;
}

TEST(TensorboardVisBackend, WritesTheEventsOfSummaryWriter) {
  const std::string folder = NewFolder();
  const auto backend = *Make(folder);
  const at::Tensor image = at::arange(24, at::kByte).reshape({2, 4, 3});

  ASSERT_TRUE(backend->AddConfig({"a: 1\n", "{\"a\": 1}\n"}).ok());
  ASSERT_TRUE(backend->AddScalar("loss", 0.5, 1).ok());
  ASSERT_TRUE(backend->AddScalars({{"lr", 1e-3}}, 1).ok());
  ASSERT_TRUE(backend->AddScalars({{"loss", NAN}}, 2).ok());
  ASSERT_TRUE(backend->AddScalar("accuracy/top1", 98.25, 10000000000).ok());
  ASSERT_TRUE(backend->AddScalar("zero", 0, 0).ok());
  ASSERT_TRUE(backend->AddImage("image", image, 3).ok());

  std::vector<std::string> events;
  std::string png;
  for (tensorboard::Event& event : Events(folder)) {
    event.clear_wall_time();
    for (int i = 0; i < event.summary().value_size(); ++i) {
      auto& value = *event.mutable_summary()->mutable_value(i);
      if (!value.has_image()) continue;
      png = value.image().encoded_image_string();
      value.mutable_image()->clear_encoded_image_string();
    }
    events.push_back(absl::BytesToHexString(event.SerializeAsString()));
  }
  std::ifstream golden("visualization/testdata/events.txt");
  std::vector<std::string> expected;
  for (std::string line; std::getline(golden, line);) expected.push_back(line);
  ASSERT_FALSE(expected.empty());
  EXPECT_THAT(events, ElementsAreArray(expected));
  EXPECT_EQ(png, *EncodePng(image));
}

TEST(TensorboardVisBackend, WritesARecordsScalarsInOrder) {
  const std::string folder = NewFolder();
  const auto backend = *Make(folder);

  ASSERT_TRUE(backend->AddScalars({{"b", 1}, {"a", 2}}, 5).ok());

  const auto events = Events(folder);
  ASSERT_EQ(events.size(), 3);
  EXPECT_EQ(events[1].summary().value(0).tag(), "b");
  EXPECT_EQ(events[2].summary().value(0).tag(), "a");
  EXPECT_EQ(events[1].step(), 5);
  EXPECT_EQ(events[2].step(), 5);
}

TEST(TensorboardVisBackend, StampsEventsWithTheTime) {
  const std::string folder = NewFolder();
  const double before = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());

  ASSERT_TRUE((*Make(folder))->AddScalar("a", 1, 1).ok());

  const double after = absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
  for (const auto& event : Events(folder)) {
    EXPECT_GE(event.wall_time(), before);
    EXPECT_LE(event.wall_time(), after);
  }
}

// events.out.tfevents.SECONDS.HOST.PID.NUMBER, by which TensorBoard finds them.
TEST(TensorboardVisBackend, NamesEachFileOfAProcessDifferently) {
  const std::string folder = NewFolder();
  const auto first = *Make(folder);
  const auto second = *Make(folder);

  const std::vector<std::string> files = Files(folder);
  EXPECT_EQ(files.size(), 2);
  for (const std::string& file : files) {
    EXPECT_THAT(std::filesystem::path(file).filename().string(),
                StartsWith("events.out.tfevents."));
    EXPECT_THAT(file, HasSubstr("." + std::to_string(getpid()) + "."));
  }
}

TEST(TensorboardVisBackend, RefusesWhatIsNoImage) {
  const absl::Status status =
      (*Make(NewFolder()))->AddImage("x", at::zeros({2, 2}), 0);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("[2, 2]"));
}

TEST(TensorboardVisBackend, NamesAFolderThatIsMissing) {
  const absl::Status status = Make("/none/such").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/none/such/events"));
}

TEST(TensorboardVisBackend, Closes) {
  EXPECT_TRUE((*Make(NewFolder()))->Close().ok());
}

}  // namespace
}  // namespace anneal
