#include "runner/checkpoint.h"

#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>

#include "dist/single_process.h"
#include "fileio/file_client.h"
#include "fileio/pth/pth.h"
#include "runner/tiny_run.h"
#include "tests/support/fake_rank.h"
#include "tests/support/memory_backend.h"

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

TEST(ReadCheckpoint, TakesUrisAndModelsOfTheHub) {
  EXPECT_TRUE(
      BitIdentical(*ReadCheckpoint("file://" + TrainedPath()), Trained()));
  EXPECT_THAT(
      std::string(ReadCheckpoint("torchvision://resnet51").status().message()),
      HasSubstr("none of the "));
}

TEST(ReadCheckpoint, RefusesWhatIsNoDict) {
  const std::string path = ::testing::TempDir() + "list.pth";
  ASSERT_TRUE(SavePth(Value::List{1, 2}, path).ok());

  const absl::Status status = ReadCheckpoint(path).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("holds a list"));
}

TEST(WriteCheckpoint, WritesWhereAUriSays) {
  const auto communicator = dist::SingleProcess();
  MemoryFiles() = {};
  const std::string uri = "mem://bucket/epoch_1.pth";
  const absl::Status status =
      WriteCheckpoint(Trained(), uri, communicator.get());

  ASSERT_TRUE(status.ok()) << status;
  EXPECT_THAT(Keys(*ReadCheckpoint(uri)), ::testing::Contains("optimizer"));
  EXPECT_FALSE(fs::exists("mem:"));
}

TEST(ReadCheckpoint, ErrorsShowNoSecrets) {
  const std::string uri = "mem://ann:hunter2@b/a.pth?token=hunter2";
  MemoryFiles() = {};
  ASSERT_TRUE(SavePth(Value(1), ::testing::TempDir() + "one.pth").ok());
  ASSERT_TRUE(fileio::CopyFile(::testing::TempDir() + "one.pth", uri).ok());
  const absl::Status status = ReadCheckpoint(uri).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("mem://b/a.pth"));
  EXPECT_THAT(std::string(status.message()),
              ::testing::Not(HasSubstr("hunter2")));
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

// A work directory, and the folder of its checkpoints.
class LatestCheckpointTest : public ::testing::Test {
 protected:
  LatestCheckpointTest()
      : work_dir_(
            ::testing::TempDir() +
            ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    folder_ = work_dir_;
    fs::create_directories(work_dir_);
  }

  // A whole checkpoint.
  void Add(const std::string& name) {
    fs::create_directories(folder_);
    fs::copy_file(TrainedPath(), Path(name));
  }
  // One that is cut.
  void AddDamaged(const std::string& name) {
    Add(name);
    fs::resize_file(Path(name), 1000);
  }
  void PointAt(const std::string& path) {
    std::ofstream(work_dir_ + "/last_checkpoint") << path;
  }
  std::string Path(const std::string& name) const {
    return folder_ + "/" + name;
  }
  absl::StatusOr<LatestCheckpoint> Find() const {
    return FindLatestCheckpoint(work_dir_, folder_);
  }
  std::string Latest() const {
    const auto latest = Find();
    return latest.ok() ? fs::path(latest->path).filename().string()
                       : latest.status().ToString();
  }

  std::string work_dir_;
  std::string folder_;
};

TEST_F(LatestCheckpointTest, IsTheOneThatLastCheckpointNames) {
  Add("epoch_9.pth");
  Add("epoch_3.pth");
  Add("iter_7.pth");
  PointAt(Path("epoch_3.pth"));

  EXPECT_EQ(Latest(), "epoch_3.pth");
}

TEST_F(LatestCheckpointTest, IsTheHighestNumberWhereNoneIsNamed) {
  Add("epoch_9.pth");
  Add("epoch_10.pth");
  Add("epoch_2.pth");
  Add("published.pth");

  EXPECT_EQ(Latest(), "epoch_10.pth");
}

TEST_F(LatestCheckpointTest, IsTheHighestNumberInACopyWhateverItsTimes) {
  Add("epoch_1.pth");
  Add("epoch_2.pth");
  fs::last_write_time(
      Path("epoch_2.pth"),
      fs::last_write_time(Path("epoch_1.pth")) - std::chrono::hours(1));

  EXPECT_EQ(Latest(), "epoch_2.pth");
}

TEST_F(LatestCheckpointTest, OfACopiedFolderIsTheCopys) {
  Add("epoch_3.pth");
  fs::create_directories(work_dir_ + "_original");
  fs::copy_file(TrainedPath(), work_dir_ + "_original/epoch_3.pth");
  PointAt(work_dir_ + "_original/epoch_3.pth");

  EXPECT_EQ(Find()->path, Path("epoch_3.pth"));
}

TEST_F(LatestCheckpointTest, IsInTheCheckpointFolder) {
  Add("epoch_1.pth");
  folder_ = work_dir_ + "/elsewhere/run";
  Add("epoch_2.pth");
  Add("epoch_5.pth");
  PointAt(Path("epoch_2.pth"));

  EXPECT_EQ(Find()->path, Path("epoch_2.pth"));
}

TEST_F(LatestCheckpointTest, IsWhereItWasWrittenWhenTheFolderIsAnotherNow) {
  folder_ = work_dir_ + "/elsewhere/run";
  Add("epoch_2.pth");
  PointAt(Path("epoch_2.pth"));

  EXPECT_EQ(FindLatestCheckpoint(work_dir_, work_dir_)->path,
            Path("epoch_2.pth"));
}

TEST_F(LatestCheckpointTest, IsAnotherWhereTheNamedOneIsGone) {
  Add("epoch_2.pth");
  PointAt(Path("epoch_3.pth"));

  EXPECT_EQ(Latest(), "epoch_2.pth");
}

TEST_F(LatestCheckpointTest, IsNoBestOneAndNoTemporaryFile) {
  Add("epoch_1.pth");
  Add("best_acc_epoch_2.pth");
  Add(".epoch_3.pth.tmp.77");

  EXPECT_EQ(Latest(), "epoch_1.pth");
}

TEST_F(LatestCheckpointTest, IsNoDamagedOne) {
  Add("epoch_1.pth");
  AddDamaged("epoch_2.pth");
  std::ofstream(Path("epoch_3.pth")).flush();
  PointAt(Path("epoch_2.pth"));

  EXPECT_EQ(Latest(), "epoch_1.pth");
}

TEST_F(LatestCheckpointTest, IsNoneWithoutOptimizer) {
  Add("epoch_1.pth");
  Dict weights = Trained();
  weights.Erase("optimizer");
  ASSERT_TRUE(SavePth(weights, Path("epoch_2.pth")).ok());

  EXPECT_EQ(Latest(), "epoch_1.pth");
}

TEST_F(LatestCheckpointTest, WhereNoneCanBeResumedEachIsNamed) {
  AddDamaged("epoch_1.pth");
  Dict weights = Trained();
  weights.Erase("optimizer");
  ASSERT_TRUE(SavePth(weights, Path("epoch_2.pth")).ok());

  const absl::Status status = Find().status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("without optimizer: " + Path("epoch_2.pth")),
                    HasSubstr("damaged: " + Path("epoch_1.pth"))));
}

TEST_F(LatestCheckpointTest, AWholeOneThatCannotBeReadNowIsAnError) {
  Add("epoch_1.pth");
  // As a file of a share that is away: neither damaged nor whole.
  fs::create_symlink("nowhere", Path("epoch_2.pth"));

  EXPECT_EQ(Find().status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(Latest(), HasSubstr("epoch_2.pth"));
}

TEST_F(LatestCheckpointTest, IsNotFoundInAnEmptyFolder) {
  const absl::Status status = Find().status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr(work_dir_));
}

TEST_F(LatestCheckpointTest, IsNotFoundWithoutAFolder) {
  EXPECT_EQ(FindLatestCheckpoint(work_dir_ + "/none", folder_ + "/none")
                .status()
                .code(),
            absl::StatusCode::kNotFound);
}

TEST_F(LatestCheckpointTest, IsTheMainRanksOnEveryRank) {
  Add("epoch_1.pth");
  Wire wire;
  const auto main_rank = FakeRank(0, 2, &wire);
  const auto other_rank = FakeRank(1, 2, &wire);
  ASSERT_TRUE(FindLatestCheckpoint(work_dir_, folder_, main_rank.get()).ok());
  Add("epoch_2.pth");

  const auto told = FindLatestCheckpoint(work_dir_, folder_, other_rank.get());

  ASSERT_TRUE(told.ok()) << told.status();
  EXPECT_EQ(told->path, Path("epoch_1.pth"));
  EXPECT_NE(told->checkpoint.Find("optimizer"), nullptr);
}

TEST_F(LatestCheckpointTest, IsNotFoundOnEveryRank) {
  Wire wire;
  const auto main_rank = FakeRank(0, 2, &wire);
  const auto other_rank = FakeRank(1, 2, &wire);
  ASSERT_FALSE(FindLatestCheckpoint(work_dir_, folder_, main_rank.get()).ok());
  Add("epoch_1.pth");

  EXPECT_EQ(FindLatestCheckpoint(work_dir_, folder_, other_rank.get())
                .status()
                .code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace anneal
