#include "runner/checkpoint.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "dist/single_process.h"
#include "fileio/pth.h"
#include "runner/tiny_run.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

// The checkpoint of a run of one epoch, made once.
const std::string& TrainedPath() {
  static const auto* path = [] {
    const RunnerConfig config = TinyConfig("trained", Epochs("max_epochs: 1"));
    const absl::Status status = TinyRun(config)->Train();
    EXPECT_TRUE(status.ok()) << status;
    return new std::string(config.work_dir() + "/epoch_1.pth");
  }();
  return *path;
}
Dict Trained() { return *ReadCheckpoint(TrainedPath()); }

std::vector<std::string> Keys(const Dict& dict) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : dict) keys.push_back(KeyString(key));
  return keys;
}

// Resumes a run of two epochs from `checkpoint`.
absl::Status Resume(const Dict& checkpoint, const std::string& name) {
  const std::string path = ::testing::TempDir() + name + ".pth";
  EXPECT_TRUE(SavePth(checkpoint, path).ok());
  RunnerConfig config = TinyConfig(name, Epochs("max_epochs: 2"));
  config.set_load_from(path);
  config.set_resume(true);
  return TinyRun(config)->Train();
}

TEST(Checkpoint, HasMmenginesKeysAndOneOfItsOwn) {
  EXPECT_THAT(Keys(Trained()),
              ElementsAre("meta", "state_dict", "message_hub", "optimizer",
                          "param_schedulers", "anneal"));
}

TEST(Checkpoint, MetaHasTheClockThatAResumedRunStartsFrom) {
  const Dict meta = *Trained().Find("meta")->get_if<Dict>();

  EXPECT_EQ(*meta.Find("epoch")->AsInt(""), 1);
  EXPECT_EQ(*meta.Find("iter")->AsInt(""), 2);
  EXPECT_EQ(*meta.Find("seed")->AsInt(""), 0);
}

TEST(Checkpoint, KeepsTheRandomStateOfEachRank) {
  const Dict engine = *Trained().Find("anneal")->get_if<Dict>();

  EXPECT_EQ((*engine.Find("random_states")->AsList(""))->size(), 1);
}

TEST(Checkpoint, WithoutOptimizerSaysToUseLoadFrom) {
  Dict checkpoint = Trained();
  checkpoint.Erase("optimizer");

  const absl::Status status = Resume(checkpoint, "no_optimizer");

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("no_optimizer.pth: it holds no optimizer state"),
                    HasSubstr("load_from")));
}

class CheckpointWithout : public ::testing::TestWithParam<const char*> {};

TEST_P(CheckpointWithout, NamesTheMissingKey) {
  Dict checkpoint = Trained();
  checkpoint.Erase(std::string(GetParam()));

  const absl::Status status =
      Resume(checkpoint, std::string("without_") + GetParam());

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(Keys, CheckpointWithout,
                         ::testing::Values("meta", "state_dict"),
                         [](const auto& info) { return info.param; });

TEST(Checkpoint, WithoutTheEnginesKeyResumesAtTheStartOfItsEpoch) {
  Dict checkpoint = Trained();
  checkpoint.Erase("anneal");
  Dict meta = *checkpoint.Find("meta")->get_if<Dict>();
  meta["iter"] = 3;  // inside the second epoch
  checkpoint["meta"] = meta;
  const std::string path = ::testing::TempDir() + "foreign.pth";
  ASSERT_TRUE(SavePth(checkpoint, path).ok());
  RunnerConfig config = TinyConfig("foreign", Epochs("max_epochs: 2"));
  config.set_load_from(path);
  config.set_resume(true);
  std::vector<std::string> points;

  ASSERT_TRUE(TrainRecorded(config, &points).ok());

  EXPECT_THAT(points, ::testing::Contains("before_train_iter 0 at 1:3"));
}

TEST(Checkpoint, OtherShapesAreNamedAll) {
  Dict checkpoint = Trained();
  Dict weights = *checkpoint.Find("state_dict")->get_if<Dict>();
  weights["0.weight"] = at::zeros({5, 7});
  weights["2.bias"] = at::zeros({4});
  checkpoint["state_dict"] = weights;

  const absl::Status status = Resume(checkpoint, "shapes");

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("shapes.pth"), HasSubstr("0.weight"), HasSubstr("[5, 7]"),
            HasSubstr("[5, 4]"), HasSubstr("2.bias")));
}

TEST(LoadWeights, TakesABareStateDict) {
  const auto run = TinyRun(TinyConfig("bare", ""));
  const Dict weights = *Trained().Find("state_dict")->get_if<Dict>();

  ASSERT_TRUE(LoadWeights(weights, "bare.pth", &run->strategy(),
                          StateDictMatch::kStrict)
                  .ok());

  EXPECT_TRUE(BitIdentical(run->strategy().ModelStateDict(), weights));
}

TEST(LoadWeights, NamesTheFileInItsErrors) {
  const auto run = TinyRun(TinyConfig("strict", ""));

  const absl::Status status =
      LoadWeights(Dict{{"x", at::zeros({1})}}, "x.pth", &run->strategy(),
                  StateDictMatch::kStrict);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("x.pth: "), HasSubstr("0.weight")));
}

TEST(ReadCheckpoint, RefusesWhatIsNoDict) {
  const std::string path = ::testing::TempDir() + "list.pth";
  ASSERT_TRUE(SavePth(Value::List{1, 2}, path).ok());

  const absl::Status status = ReadCheckpoint(path).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("holds a list"));
}

TEST(WriteCheckpoint, GivesTheReasonOfAFailure) {
  const std::string file = ::testing::TempDir() + "in_the_way";
  std::ofstream(file) << "x";
  const auto communicator = dist::SingleProcess();

  const absl::Status status =
      WriteCheckpoint(Dict(), file + "/x.pth", communicator.get());

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(file));
}

// A work directory of files with the times they are given.
class LatestCheckpointTest : public ::testing::Test {
 protected:
  LatestCheckpointTest()
      : folder_(
            ::testing::TempDir() +
            ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::create_directories(folder_);
  }

  // A whole checkpoint, `age` seconds old.
  void Add(const std::string& name, int age) {
    fs::copy_file(TrainedPath(), Path(name));
    fs::last_write_time(Path(name), now_ - std::chrono::seconds(age));
  }
  std::string Path(const std::string& name) const {
    return folder_ + "/" + name;
  }
  std::string Latest() const {
    const auto latest = FindLatestCheckpoint(folder_);
    return latest.ok() ? fs::path(latest->path).filename().string()
                       : std::string(latest.status().message());
  }

  std::string folder_;
  fs::file_time_type now_ = fs::file_time_type::clock::now();
};

TEST_F(LatestCheckpointTest, IsTheLastWrittenOne) {
  Add("epoch_3.pth", 20);
  Add("iter_7.pth", 10);
  Add("epoch_9.pth", 30);

  EXPECT_EQ(Latest(), "iter_7.pth");
}

TEST_F(LatestCheckpointTest, IsTheHighestNumberOfOneMoment) {
  Add("epoch_9.pth", 10);
  Add("epoch_10.pth", 10);

  EXPECT_EQ(Latest(), "epoch_10.pth");
}

TEST_F(LatestCheckpointTest, IsNoBestOneAndNoTemporaryFile) {
  Add("epoch_1.pth", 30);
  Add("best_acc_epoch_1.pth", 20);
  Add(".epoch_2.pth.tmp.77", 10);

  EXPECT_EQ(Latest(), "epoch_1.pth");
}

TEST_F(LatestCheckpointTest, IsNoDamagedOne) {
  Add("epoch_1.pth", 30);
  Add("epoch_2.pth", 20);
  fs::resize_file(Path("epoch_2.pth"), 1000);
  fs::last_write_time(Path("epoch_2.pth"), now_);
  std::ofstream(Path("epoch_3.pth")).flush();

  EXPECT_EQ(Latest(), "epoch_1.pth");
}

TEST_F(LatestCheckpointTest, IsNoneWithoutOptimizer) {
  Add("epoch_1.pth", 30);
  Dict weights = Trained();
  weights.Erase("optimizer");
  ASSERT_TRUE(SavePth(weights, Path("published.pth")).ok());

  EXPECT_EQ(Latest(), "epoch_1.pth");
}

TEST_F(LatestCheckpointTest, IsNotFoundInAnEmptyFolder) {
  const absl::Status status = FindLatestCheckpoint(folder_).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder_));
}

TEST_F(LatestCheckpointTest, IsNotFoundWithoutAFolder) {
  EXPECT_EQ(FindLatestCheckpoint(folder_ + "/none").status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace anneal
