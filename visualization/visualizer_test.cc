#include "visualization/visualizer.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <google/protobuf/struct.pb.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/struct_component.pb.h"
#include "logging/logger.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStdout;

// What the fakes were told, in order; the test's own.
std::vector<std::string>* told = nullptr;

class FakeBackend : public VisBackend {
 public:
  using Config = google::protobuf::Struct;
  static absl::StatusOr<std::unique_ptr<FakeBackend>> Create(
      const Config&, const std::string& save_dir) {
    return std::make_unique<FakeBackend>(save_dir);
  }
  explicit FakeBackend(const std::string& save_dir) {
    told->push_back("made in " + save_dir);
  }

  absl::Status AddConfig(const ConfigText& config) override {
    return Tell("config " + config.yaml);
  }
  absl::Status AddScalar(absl::string_view name, double value,
                         int64_t step) override {
    return Tell(absl::StrCat("scalar ", name, " ", value, " ", step));
  }
  absl::Status AddScalars(const Scalars& scalars, int64_t step) override {
    return Tell(absl::StrCat("scalars ", scalars.size(), " ", step));
  }
  absl::Status AddImage(absl::string_view name, const at::Tensor& image,
                        int64_t step) override {
    return Tell(absl::StrCat("image ", name, " ", image.size(0), " ", step));
  }
  absl::Status Flush() override { return Tell("flush"); }
  absl::Status Close() override { return Tell("close"); }

 private:
  static absl::Status Tell(const std::string& call) {
    told->push_back(call);
    return absl::OkStatus();
  }
};

ANNEAL_REGISTER(VisBackend, FakeBackend);

// Fails at everything, and throws at images.
class BrokenBackend : public VisBackend {
 public:
  using Config = google::protobuf::Struct;
  static absl::StatusOr<std::unique_ptr<BrokenBackend>> Create(
      const Config&, const std::string&) {
    return std::make_unique<BrokenBackend>();
  }

  absl::Status AddConfig(const ConfigText&) override { return Error(); }
  absl::Status AddScalar(absl::string_view, double, int64_t) override {
    return Error();
  }
  absl::Status AddScalars(const Scalars&, int64_t) override { return Error(); }
  absl::Status AddImage(absl::string_view, const at::Tensor&,
                        int64_t) override {
    throw std::runtime_error("no connection");
  }
  absl::Status Close() override { return Error(); }

 private:
  static absl::Status Error() {
    return absl::UnavailableError("tracker is down");
  }
};

ANNEAL_REGISTER(VisBackend, BrokenBackend);

class VisualizerTest : public testing::Test {
 protected:
  VisualizerTest() {
    told = &told_;
    EXPECT_TRUE(Logger::Initialize(Logger::Options()).ok());
  }
  ~VisualizerTest() override { told = nullptr; }

  std::unique_ptr<Visualizer> Make(const std::vector<std::string>& backends,
                                   const std::string& save_dir) {
    return *Visualizer::Create(Config(backends), save_dir);
  }

  static VisualizerConfig Config(const std::vector<std::string>& backends) {
    VisualizerConfig config;
    for (const std::string& type : backends) {
      StructComponent component;
      component.set_type(type);
      config.add_vis_backends()->PackFrom(component);
    }
    return config;
  }

  const std::string folder_ =
      std::string(std::getenv("TEST_TMPDIR")) + "/run/vis_data";
  std::vector<std::string> told_;
};

TEST_F(VisualizerTest, HandsEverythingToEveryBackend) {
  const auto visualizer = Make({"FakeBackend", "FakeBackend"}, folder_);
  told_.clear();

  visualizer->AddConfig({"a: 1", ""});
  visualizer->AddScalar("loss", 0.5, 3);
  visualizer->AddScalars({{"a", 1}, {"b", 2}}, 4);
  visualizer->AddImage("x", at::zeros({2, 2, 3}, at::kByte), 5);
  visualizer->Close();

  EXPECT_THAT(told_,
              ElementsAre("config a: 1", "config a: 1", "scalar loss 0.5 3",
                          "scalar loss 0.5 3", "scalars 2 4", "scalars 2 4",
                          "image x 2 5", "image x 2 5", "close", "close"));
}

TEST_F(VisualizerTest, MakesItsFolderBeforeItsBackends) {
  std::filesystem::remove_all(folder_);

  const auto visualizer = Make({"FakeBackend"}, folder_);

  EXPECT_TRUE(std::filesystem::is_directory(folder_));
  EXPECT_THAT(told_, ElementsAre("made in " + folder_));
}

TEST_F(VisualizerTest, WritesNothingOnOtherRanks) {
  const auto visualizer = Make({"FakeBackend"}, "");

  visualizer->AddScalar("loss", 0.5, 3);
  visualizer->Close();

  EXPECT_THAT(told_, ElementsAre());
}

TEST_F(VisualizerTest, TakesRecordsAfterAFlush) {
  const auto visualizer = Make({"FakeBackend"}, folder_);
  told_.clear();

  visualizer->Flush();
  visualizer->AddScalar("loss", 0.5, 3);

  EXPECT_THAT(told_, ElementsAre("flush", "scalar loss 0.5 3"));
}

TEST_F(VisualizerTest, ClosesItsBackendsInTheEnd) {
  auto visualizer = Make({"FakeBackend"}, folder_);
  told_.clear();

  visualizer.reset();

  EXPECT_THAT(told_, ElementsAre("close"));
}

TEST_F(VisualizerTest, DropsRecordsAfterClose) {
  const auto visualizer = Make({"FakeBackend"}, folder_);
  visualizer->Close();
  told_.clear();

  visualizer->AddScalar("loss", 0.5, 3);
  visualizer->Close();

  EXPECT_THAT(told_, ElementsAre());
}

TEST_F(VisualizerTest, LogsABackendsFirstErrorAndGoesOn) {
  const auto visualizer = Make({"BrokenBackend", "FakeBackend"}, folder_);
  told_.clear();
  CaptureStdout();

  visualizer->AddScalar("loss", 0.5, 1);
  EXPECT_THAT(GetCapturedStdout(),
              AllOf(HasSubstr("WARNING"), HasSubstr("BrokenBackend fails"),
                    HasSubstr("tracker is down")));
  CaptureStdout();
  visualizer->AddScalar("loss", 0.5, 2);
  visualizer->Close();

  EXPECT_THAT(GetCapturedStdout(), Not(HasSubstr("tracker is down")));
  EXPECT_THAT(told_,
              ElementsAre("scalar loss 0.5 1", "scalar loss 0.5 2", "close"));
}

TEST_F(VisualizerTest, LogsWhatABackendThrows) {
  const auto visualizer = Make({"BrokenBackend", "FakeBackend"}, folder_);
  told_.clear();
  CaptureStdout();

  visualizer->AddImage("x", at::zeros({2, 2, 3}, at::kByte), 5);

  EXPECT_THAT(GetCapturedStdout(), HasSubstr("no connection"));
  EXPECT_THAT(told_, ElementsAre("image x 2 5"));
}

TEST_F(VisualizerTest, NamesAFolderItCannotMake) {
  const std::string file = std::string(std::getenv("TEST_TMPDIR")) + "/file";
  std::ofstream(file) << "x";

  const absl::Status status =
      Visualizer::Create(Config({}), file + "/vis_data").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr(file));
}

TEST_F(VisualizerTest, NamesABackendThatIsNotLinked) {
  const absl::Status status =
      Visualizer::Create(Config({"FakeBackand"}), folder_).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("FakeBackend"));
}

}  // namespace
}  // namespace anneal
