#include "runner/runner.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <utility>

#include "absl/strings/str_cat.h"
#include "config/struct_component.pb.h"
#include "fileio/file_client.h"
#include "runner/tiny_run.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
using Points = std::vector<std::string>;

absl::Status Create(const RunnerConfig& config) {
  return Runner::Create(config, {}).status();
}

struct Section {
  const char* name;
  void (*clear)(RunnerConfig*);
  const char* words;
};
class RunnerWithout : public ::testing::TestWithParam<Section> {};

TEST_P(RunnerWithout, NamesTheSectionsThatDontBelongTogether) {
  RunnerConfig config = TinyConfig("sections", Epochs("max_epochs: 1"));
  GetParam().clear(&config);

  const absl::Status status = Create(config);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Sections, RunnerWithout,
    ::testing::Values(
        Section{"TrainLoader",
                [](RunnerConfig* c) { c->clear_train_dataloader(); },
                "has train_cfg, optim_wrapper but no train_dataloader"},
        Section{"TrainCfg", [](RunnerConfig* c) { c->clear_train_cfg(); },
                "has train_dataloader, optim_wrapper but no train_cfg"},
        Section{"OptimWrapper",
                [](RunnerConfig* c) { c->clear_optim_wrapper(); },
                "has train_dataloader, train_cfg but no optim_wrapper"},
        Section{"ValLoader", [](RunnerConfig* c) { c->clear_val_dataloader(); },
                "has val_evaluator but no val_dataloader"},
        Section{"TestEvaluator",
                [](RunnerConfig* c) { c->clear_test_evaluator(); },
                "has test_dataloader but no test_evaluator"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Runner, StartsRanksByTorchOnly) {
  RunnerConfig config = TinyConfig("init_backend", Epochs("max_epochs: 1"));
  config.mutable_env_cfg()->mutable_dist_cfg()->set_init_backend("deepspeed");
  EXPECT_TRUE(Create(config).ok());  // one process starts none

  config.set_launcher("pytorch");
  const absl::Status status = Create(config);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("init_backend is \"deepspeed\"; it must be torch"));
}

TEST(Runner, IsNoRankOfARunWithoutBeingTold) {
  RunnerConfig config = TinyConfig("alone", Epochs("max_epochs: 1"));
  setenv("OMPI_COMM_WORLD_LOCAL_RANK", "1", 1);
  setenv("OMPI_COMM_WORLD_LOCAL_SIZE", "2", 1);
  setenv("OMPI_COMM_WORLD_RANK", "1", 1);
  setenv("OMPI_COMM_WORLD_SIZE", "2", 1);

  const absl::Status untold = Create(config);
  config.set_launcher("none");
  const absl::Status told = Create(config);

  for (const char* name : {"LOCAL_RANK", "LOCAL_SIZE", "RANK", "SIZE"}) {
    unsetenv((std::string("OMPI_COMM_WORLD_") + name).c_str());
  }
  EXPECT_EQ(untold.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(untold.message()),
              HasSubstr("rank 1 of 2 (the variables of launcher mpi say so), "
                        "but no launcher is given: add --launcher mpi"));
  EXPECT_TRUE(told.ok()) << told;
}

RunnerConfig WithoutTraining(const std::string& name) {
  RunnerConfig config = TinyConfig(name, "");
  config.clear_train_dataloader();
  config.clear_train_cfg();
  config.clear_optim_wrapper();
  return config;
}

TEST(Runner, WithoutItsSectionsCannotTrain) {
  const absl::Status status = TinyRun(WithoutTraining("no_train"))->Train();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("train_cfg"));
}

TEST(Runner, WithoutItsSectionsCannotTest) {
  RunnerConfig config = TinyConfig("no_test", "");
  config.clear_test_dataloader();
  config.clear_test_evaluator();
  config.clear_train_dataloader();
  config.clear_train_cfg();
  config.clear_optim_wrapper();

  const absl::Status status = TinyRun(config)->Test();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("test_dataloader"));
}

TEST(Runner, WithoutATrainingThereIsNothingToSaveOrStop) {
  const auto run = TinyRun(WithoutTraining("nothing"));
  run->RequestStop("a hook");
  run->set_data_epoch(3);

  EXPECT_EQ(run->SaveCheckpoint({run->work_dir() + "/x.pth"}).code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(run->max_epochs(), 0);
  EXPECT_EQ(run->max_iters(), 0);
  EXPECT_EQ(run->num_batches(Mode::kTrain), 0);
  EXPECT_EQ(run->data_loader(Mode::kTrain), nullptr);
}

TEST(Runner, ATrainCfgThatDoesNotTrainIsRefused) {
  const auto run = TinyRun(TinyConfig(
      "no_train_loop",
      "train_cfg { [type.googleapis.com/anneal.ValLoopConfig] {} }"));

  const absl::Status status = run->Train();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no train loop"));
}

TEST(Runner, OneSeedIsOneRun) {
  Dict states[2];
  for (int i = 0; i < 2; ++i) {
    const RunnerConfig config =
        TinyConfig("seed" + std::to_string(i), Epochs("max_epochs: 2"));
    ASSERT_TRUE(TinyRun(config)->Train().ok());
    states[i] = StateOf(config.work_dir() + "/epoch_2.pth");
  }

  EXPECT_TRUE(BitIdentical(states[0], states[1]));
}

TEST(Runner, AnotherSeedIsAnotherRun) {
  const auto a = TinyRun(TinyConfig("a", ""));
  const auto b = TinyRun(TinyConfig("b", "randomness { seed: 1 }"));

  EXPECT_FALSE(BitIdentical(a->strategy().ModelStateDict(),
                            b->strategy().ModelStateDict()));
}

TEST(Runner, TrainedAgainTrainsNothingMore) {
  const auto run = TinyRun(TinyConfig("again", Epochs("max_epochs: 2")));
  ASSERT_TRUE(run->Train().ok());
  const Dict weights = run->strategy().ModelStateDict();

  ASSERT_TRUE(run->Train().ok());

  EXPECT_EQ(run->iter(), 4);
  EXPECT_TRUE(BitIdentical(run->strategy().ModelStateDict(), weights));
}

TEST(Runner, TestsAndValidatesWhatItTrained) {
  const auto run = TinyRun(TinyConfig("train_test", Epochs("max_epochs: 2")));

  EXPECT_TRUE(run->Train().ok());
  EXPECT_TRUE(run->Test().ok());
  EXPECT_TRUE(run->Val().ok());
  EXPECT_TRUE(fileio::Exists(run->log_dir() + "/" + run->timestamp() + ".json")
                  .value());
}

TEST(Runner, LoadFromTakesTheWeightsAlone) {
  const RunnerConfig first = TinyConfig("first", Epochs("max_epochs: 1"));
  ASSERT_TRUE(TinyRun(first)->Train().ok());
  RunnerConfig config = TinyConfig("from", Epochs("max_epochs: 1"));
  config.set_load_from(first.work_dir() + "/epoch_1.pth");
  Points points;

  ASSERT_TRUE(TrainRecorded(config, &points).ok());

  EXPECT_THAT(points, Contains("before_train_iter 0 at 0:0"));
}

TEST(Runner, AutoResumeStartsAsTheConfigSaysWhereThereIsNoCheckpoint) {
  const RunnerConfig first = TinyConfig("tuned", Epochs("max_epochs: 1"));
  ASSERT_TRUE(TinyRun(first)->Train().ok());
  RunnerConfig config = TinyConfig("auto", Epochs("max_epochs: 0"));
  config.set_load_from(first.work_dir() + "/epoch_1.pth");
  RunnerOptions options;
  options.auto_resume = true;
  const auto run = TinyRun(config, options);

  ASSERT_TRUE(run->Train().ok());

  EXPECT_EQ(run->epoch(), 0);
  const Dict saved = *ReadCheckpoint(config.load_from());
  EXPECT_TRUE(BitIdentical(run->strategy().ModelStateDict(),
                           *saved.Find("state_dict")));
}

TEST(Runner, AutoResumePrefersItsOwnCheckpointToLoadFrom) {
  RunnerConfig config = TinyConfig("own", Epochs("max_epochs: 1"));
  ASSERT_TRUE(TinyRun(config)->Train().ok());
  config.set_load_from(config.work_dir() + "/nowhere.pth");
  RunnerOptions options;
  options.auto_resume = true;
  const auto run = TinyRun(config, options);

  ASSERT_TRUE(run->Train().ok());

  EXPECT_EQ(run->epoch(), 1);
}

TEST(Runner, AHooksErrorEndsTheRun) {
  class Failing : public Hook {
   public:
    absl::Status AfterTrainIter(anneal::Run&, int64_t, const Batch&,
                                const LogVars&) override {
      return absl::DataLossError("the hook's");
    }
  };
  const auto run = TinyRun(TinyConfig("failing", Epochs("max_epochs: 1")));
  run->AddHook(std::make_unique<Failing>());

  const absl::Status status = run->Train();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(status.message(),
            "Failing.after_train_iter at iteration 1: the hook's");
}

TEST(Runner, AStopThatCannotBeSavedSaysBoth) {
  const auto run = TinyRun(TinyConfig("unsaved", Epochs("max_epochs: 1")));
  Points points;
  run->AddHook(std::make_unique<PointRecorder>(
      &points, [](anneal::Run& run, const std::string& point) {
        if (point != "after_train_iter 0 at 0:0") return;
        // A folder stands where the checkpoint would go.
        std::filesystem::create_directories(run.work_dir() + "/iter_1.pth/x");
        run.RequestStop("the test");
      }));

  const absl::Status status = run->Train();

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("stopped by the test after iteration 1 of 2"),
                    HasSubstr("could not be saved"), HasSubstr("iter_1.pth")));
}

// Stops at the point `at`.
PointRecorder::Also StopAt(const std::string& at) {
  return [at](anneal::Run& run, const std::string& point) {
    if (point == at) run.RequestStop("the test");
  };
}

// A config that saves in another folder, which is returned too.
std::pair<RunnerConfig, std::string> Elsewhere(const std::string& name) {
  const std::string out_dir = ::testing::TempDir() + "out_dir";
  const RunnerConfig config = TinyConfig(
      name, absl::StrCat(Epochs("max_epochs: 3"),
                         "default_hooks { key: 'checkpoint' value { "
                         "[type.googleapis.com/anneal.CheckpointHookConfig] { "
                         "interval: 1 out_dir: '",
                         out_dir, "' } } }"));
  return {config, absl::StrCat(out_dir, "/", name)};
}

TEST(Runner, ResumesBitForBitFromTheFolderThatOutDirNames) {
  auto [config, folder] = Elsewhere("resumed_elsewhere");
  const auto [whole, whole_folder] = Elsewhere("whole_elsewhere");
  Points points;
  ASSERT_TRUE(
      TrainRecorded(config, &points, StopAt("after_train_iter 0 at 1:2")).ok());
  EXPECT_TRUE(std::filesystem::exists(folder + "/iter_3.pth"));
  ASSERT_TRUE(TrainRecorded(whole, &points).ok());
  config.set_resume(true);
  points.clear();

  ASSERT_TRUE(TrainRecorded(config, &points).ok());

  EXPECT_THAT(points, Contains("before_train_iter 1 at 1:3"));
  EXPECT_TRUE(BitIdentical(StateOf(folder + "/epoch_3.pth"),
                           StateOf(whole_folder + "/epoch_3.pth")));
}

TEST(Runner, AStopsCheckpointIsRemovedOnceThereIsANewerOne) {
  RunnerConfig config = TinyConfig("stops", Epochs("max_epochs: 2"));
  const std::string& work = config.work_dir();
  Points points;
  ASSERT_TRUE(
      TrainRecorded(config, &points, StopAt("after_train_iter 0 at 0:0")).ok());
  EXPECT_TRUE(std::filesystem::exists(work + "/iter_1.pth"));
  config.set_resume(true);
  ASSERT_TRUE(
      TrainRecorded(config, &points, StopAt("after_train_iter 0 at 1:2")).ok());
  EXPECT_FALSE(std::filesystem::exists(work + "/iter_1.pth"));
  EXPECT_TRUE(std::filesystem::exists(work + "/epoch_1.pth"));
  EXPECT_TRUE(std::filesystem::exists(work + "/iter_3.pth"));

  ASSERT_TRUE(TrainRecorded(config, &points).ok());

  EXPECT_FALSE(std::filesystem::exists(work + "/iter_3.pth"));
  EXPECT_TRUE(std::filesystem::exists(work + "/epoch_2.pth"));
}

TEST(Runner, LeavesTheStopsCheckpointOfAnotherRun) {
  RunnerConfig other = TinyConfig("other_stops", Epochs("max_epochs: 1"));
  Points points;
  ASSERT_TRUE(
      TrainRecorded(other, &points, StopAt("after_train_iter 0 at 0:0")).ok());
  RunnerConfig config = TinyConfig("not_its_own", Epochs("max_epochs: 1"));
  config.set_load_from(other.work_dir() + "/iter_1.pth");
  config.set_resume(true);

  ASSERT_TRUE(TrainRecorded(config, &points).ok());

  EXPECT_TRUE(std::filesystem::exists(config.load_from()));
}

TEST(Runner, AHooksCheckpointStaysWhereTheRunStopsAtIt) {
  RunnerConfig config = TinyConfig(
      "stops_at_it", Iters("max_iters: 3 val_interval: 9") +
                         "default_hooks { key: 'checkpoint' value { "
                         "[type.googleapis.com/anneal.CheckpointHookConfig] { "
                         "by_epoch: false interval: 2 } } }");
  Points points;
  ASSERT_TRUE(
      TrainRecorded(config, &points, StopAt("after_train_iter 1 at 0:1")).ok());
  config.set_resume(true);

  ASSERT_TRUE(TrainRecorded(config, &points).ok());

  EXPECT_TRUE(std::filesystem::exists(config.work_dir() + "/iter_2.pth"));
  EXPECT_TRUE(std::filesystem::exists(config.work_dir() + "/iter_3.pth"));
}

TEST(Runner, GoesOnFromItsCheckpointAfterAValidation) {
  RunnerConfig config = TinyConfig("val_first", Epochs("max_epochs: 1"));
  ASSERT_TRUE(TinyRun(config)->Train().ok());
  RunnerConfig longer = TinyConfig("val_first", Epochs("max_epochs: 2"));
  longer.set_resume(true);
  const auto run = TinyRun(longer);
  ASSERT_TRUE(run->Val().ok());
  Points points;
  run->AddHook(std::make_unique<PointRecorder>(&points));

  ASSERT_TRUE(run->Train().ok());

  EXPECT_THAT(points, Contains("before_train_iter 0 at 1:2"));
  EXPECT_THAT(points, Not(Contains("before_train_iter 0 at 0:0")));
}

TEST(Runner, SchedulersThatCannotBeBuiltAreAnErrorEachTime) {
  RunnerConfig config = TinyConfig("schedulers", Epochs("max_epochs: 1"));
  StructComponent scheduler;
  scheduler.set_type("NoSuchLR");
  config.add_param_scheduler()->PackFrom(scheduler);
  const auto run = TinyRun(config);

  EXPECT_EQ(run->Train().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(run->Train().code(), absl::StatusCode::kNotFound);
}

TEST(Runner, RecordsATrainingAfterAValidation) {
  const auto run = TinyRun(TinyConfig("records", Epochs("max_epochs: 1")));
  ASSERT_TRUE(run->Val().ok());

  ASSERT_TRUE(run->Train().ok());

  EXPECT_THAT(*fileio::GetText(run->log_dir() + "/vis_data/scalars.json"),
              HasSubstr("\"loss\""));
}

TEST(Runner, LogFileMayHoldJsonLines) {
  RunnerConfig config = TinyConfig("json_lines", Epochs("max_epochs: 1"));
  config.mutable_log_file()->set_json_lines(true);
  auto run = TinyRun(config);
  ASSERT_TRUE(run->Train().ok());

  EXPECT_THAT(
      *fileio::GetText(run->log_dir() + "/" + run->timestamp() + ".log"),
      HasSubstr(R"("level":"INFO","name":"anneal","rank":0,"message":)"));
}

TEST(Runner, WrongRotationOfTheLogFileIsRefused) {
  RunnerConfig config = TinyConfig("rotation", Epochs("max_epochs: 1"));
  config.mutable_log_file()->set_backup_count(0);

  const absl::Status status = Runner::Create(config, {}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("backup_count of the log file is 0"));
}

TEST(Runner, LogsWhyItEnded) {
  class Throwing : public Hook {
   public:
    absl::Status BeforeTrain(anneal::Run&) override {
      throw std::runtime_error("the hook's");
    }
  };
  const auto run = TinyRun(TinyConfig("logged", ""));
  run->AddHook(std::make_unique<Throwing>());

  const absl::Status status = run->Train();

  EXPECT_EQ(status.code(), absl::StatusCode::kInternal);
  EXPECT_THAT(
      *fileio::GetText(run->log_dir() + "/" + run->timestamp() + ".log"),
      ::testing::ContainsRegex("ERROR - .*the hook's"));
}

}  // namespace
}  // namespace anneal
