#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "fileio/file_client.h"
#include "fileio/json/json.h"
#include "hooks/checkpoint_hook.pb.h"
#include "hooks/hook.h"
#include "hooks/save_error.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_run.h"

namespace anneal {
namespace {

using ::nlohmann::json;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A work directory of its own for each call.
std::string NewWorkDir() {
  static int num_dirs = 0;
  return absl::StrCat(::testing::TempDir(), "/lenet_", ++num_dirs);
}

std::unique_ptr<Hook> Build(const CheckpointHookConfig& config) {
  auto hook = BuildHook(config);
  EXPECT_TRUE(hook.ok()) << hook.status();
  return *std::move(hook);
}

CheckpointHookConfig EveryEpoch() {
  CheckpointHookConfig config;
  config.set_interval(1);
  return config;
}

CheckpointHookConfig Best(const std::string& metric) {
  CheckpointHookConfig config = EveryEpoch();
  config.add_save_best(metric);
  return config;
}

// One epoch of `iters` iterations, and a validation where it has metrics.
absl::Status DriveEpoch(Hook& hook, FakeRun& run, int iters,
                        const MetricValues* metrics) {
  for (int i = 0; i < iters; ++i) {
    const absl::Status status = hook.AfterTrainIter(run, i, Batch(), {});
    if (!status.ok()) return status;
    ++run.now_iter;
  }
  const absl::Status status = hook.AfterTrainEpoch(run);
  ++run.now_epoch;
  if (!status.ok() || metrics == nullptr) return status;
  return hook.AfterValEpoch(run, *metrics);
}

// Trains to the end, two iterations an epoch; the k-th validation gives the
// k-th of `values` of the metric "acc".
absl::Status Drive(Hook& hook, FakeRun& run, std::vector<double> values) {
  EXPECT_TRUE(hook.BeforeTrain(run).ok());
  while (run.now_epoch < run.last_epoch) {
    const MetricValues metrics = {{"acc", values[run.now_epoch]}};
    const absl::Status status = DriveEpoch(hook, run, 2, &metrics);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// A case of checkpoint_hook_golden.txt.
struct GoldenCase {
  std::string name;
  json data;
};
void PrintTo(const GoldenCase& test, std::ostream* out) { *out << test.name; }

std::vector<GoldenCase> GoldenCases() {
  std::ifstream file("hooks/checkpoint_hook_golden.txt");
  std::vector<GoldenCase> cases;
  std::string line;
  while (std::getline(file, line)) {
    json data = json::parse(line);
    cases.push_back({data["name"], std::move(data)});
  }
  return cases;
}

class CheckpointHookGolden : public ::testing::TestWithParam<GoldenCase> {
 protected:
  const json& data() const { return GetParam().data; }

  void Drive(Hook& hook, FakeRun& run) {
    ASSERT_TRUE(hook.BeforeTrain(run).ok());
    while (run.now_epoch < run.last_epoch) {
      MetricValues metrics;
      if (!data()["metrics"].empty()) {
        for (const auto& [name, text] :
             data()["metrics"][run.now_epoch].items()) {
          const std::string number = text;
          metrics.emplace_back(name, std::strtod(number.c_str(), nullptr));
        }
      }
      const absl::Status status = DriveEpoch(
          hook, run, data()["iters"], metrics.empty() ? nullptr : &metrics);
      ASSERT_TRUE(status.ok()) << status;
    }
    ASSERT_TRUE(hook.AfterTrain(run).ok());
  }

  void SetLengths(FakeRun* run) const {
    run->last_epoch = data()["epochs"];
    run->last_iter = run->last_epoch * data()["iters"].get<int64_t>();
  }
};

TEST_P(CheckpointHookGolden, SavesKeepsAndLogsAsMmengineDoes) {
  CheckpointHookConfig config;
  ASSERT_TRUE(google::protobuf::util::JsonStringToMessage(
                  data()["config"].dump(), &config)
                  .ok());
  auto run = std::make_unique<FakeRun>(NewWorkDir());
  SetLengths(run.get());
  CapturedLog log;
  Drive(*Build(config), *run);
  if (!data()["resume"].is_null()) {
    const FakeRun::Saved& from = run->Find(data()["resume"]);
    auto resumed = std::make_unique<FakeRun>(run->work_dir());
    SetLengths(resumed.get());
    resumed->now_epoch = from.options.epoch;
    resumed->now_iter = from.options.iter;
    ASSERT_TRUE(resumed->message_hub().LoadStateDict(from.message_hub).ok());
    run = std::move(resumed);
    log = CapturedLog();
    Drive(*Build(config), *run);
  }

  const std::map<std::string, std::string> to_work = {
      {run->work_dir(), "WORK"}};
  json saves = json::array();
  for (const auto& [options, hub] : run->saved) {
    saves.push_back({options.path.substr(run->work_dir().size() + 1),
                     options.epoch, options.iter, options.save_optimizer,
                     options.save_param_scheduler});
  }
  EXPECT_EQ(saves, data()["saves"]);
  json lines = json::array();
  for (const std::string& line : log.Lines()) {
    lines.push_back(
        absl::StrReplaceAll(line.substr(sizeof("INFO - ") - 1), to_work));
  }
  EXPECT_EQ(lines, data()["log"]);
  json info = json::object();
  for (const auto& [name, value] : run->message_hub().runtime_info()) {
    info[KeyString(name)] = absl::StrReplaceAll(ToJson(value), to_work);
  }
  EXPECT_EQ(info, data()["info"]);
  json last;
  if (const auto text = fileio::GetText(run->work_dir() + "/last_checkpoint");
      text.ok()) {
    last = absl::StrReplaceAll(*text, to_work);
  }
  EXPECT_EQ(last, data()["last_checkpoint"]);
  json files = json::array();
  for (const std::string& file : run->Files()) {
    if (file != "last_checkpoint") files.push_back(file);
  }
  EXPECT_EQ(files, data()["files"]);
}

TEST(CheckpointHookGoldenFile, IsThere) { EXPECT_EQ(GoldenCases().size(), 38); }

INSTANTIATE_TEST_SUITE_P(Cases, CheckpointHookGolden,
                         ::testing::ValuesIn(GoldenCases()),
                         [](const auto& info) { return info.param.name; });

TEST(CheckpointHook, RunsBehindTheOthers) {
  EXPECT_EQ(Build(EveryEpoch())->priority(), kVeryLow);
}

TEST(CheckpointHook, SavesInAFolderOfTheWorkDirectorysName) {
  CheckpointHookConfig config = EveryEpoch();
  config.set_out_dir(::testing::TempDir() + "/elsewhere");
  FakeRun run(::testing::TempDir() + "/named");
  run.last_epoch = 1;
  auto hook = Build(config);
  ASSERT_TRUE(hook->BeforeTrain(run).ok());

  ASSERT_TRUE(DriveEpoch(*hook, run, 1, nullptr).ok());

  const std::string path = config.out_dir() + "/named/epoch_1.pth";
  EXPECT_EQ(run.saved.at(0).options.path, path);
  EXPECT_EQ(*fileio::GetText(run.work_dir() + "/last_checkpoint"), path);
}

TEST(CheckpointHook, LogsNoSecretOfItsFolder) {
  CheckpointHookConfig config = EveryEpoch();
  config.set_out_dir("http://ann:secret@host/runs");
  FakeRun run(::testing::TempDir() + "/shown");
  const CapturedLog log;

  ASSERT_TRUE(Build(config)->BeforeTrain(run).ok());

  EXPECT_THAT(log.Lines(), ElementsAre("INFO - Checkpoints will be saved to "
                                       "http://host/runs/shown."));
}

TEST(CheckpointHook, TakesTheWorkDirectoryItselfAsTheFolder) {
  CheckpointHookConfig config = EveryEpoch();
  FakeRun run(NewWorkDir());
  config.set_out_dir(run.work_dir());
  run.last_epoch = 1;
  auto hook = Build(config);
  ASSERT_TRUE(hook->BeforeTrain(run).ok());

  ASSERT_TRUE(DriveEpoch(*hook, run, 1, nullptr).ok());

  EXPECT_EQ(run.saved.at(0).options.path, run.work_dir() + "/epoch_1.pth");
}

TEST(CheckpointHook, RemovesOutdatedCheckpointsThatAreFolders) {
  CheckpointHookConfig config = EveryEpoch();
  config.set_max_keep_ckpts(1);
  FakeRun run(NewWorkDir());
  run.last_epoch = 2;
  auto hook = Build(config);
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(DriveEpoch(*hook, run, 1, nullptr).ok());
  const std::string sharded = run.work_dir() + "/epoch_1.pth";
  ASSERT_TRUE(fileio::Remove(sharded).ok());
  ASSERT_TRUE(fileio::Put("shard", sharded + "/0.safetensors").ok());

  ASSERT_TRUE(DriveEpoch(*hook, run, 1, nullptr).ok());

  EXPECT_FALSE(*fileio::Exists(sharded));
}

TEST(CheckpointHook, EachCheckpointKnowsWhatIsKeptOnceItIsWritten) {
  CheckpointHookConfig config = Best("acc");
  config.set_max_keep_ckpts(2);
  FakeRun run(NewWorkDir());
  run.last_epoch = 3;

  ASSERT_TRUE(Drive(*Build(config), run, {1, 2, 3}).ok());

  MessageHub hub;
  ASSERT_TRUE(hub.LoadStateDict(run.Find("epoch_3.pth").message_hub).ok());
  EXPECT_EQ(hub.GetInfo("keep_ckpt_ids")->DebugString(), "[2, 3]");
  EXPECT_EQ(*hub.GetInfo("last_ckpt")->get_if<std::string>(),
            run.work_dir() + "/epoch_3.pth");
  EXPECT_EQ(*hub.GetInfo("best_score")->get_if<double>(), 3);
  EXPECT_EQ(*hub.GetInfo("best_ckpt")->get_if<std::string>(),
            run.work_dir() + "/best_acc_epoch_3.pth");
}

TEST(CheckpointHook, AResumedRunEndsAsTheUninterruptedOne) {
  CheckpointHookConfig config = Best("acc");
  config.set_interval(3);
  config.set_max_keep_ckpts(4);
  const std::vector<double> values = {1, 2, 3, 8, 9, 4, 5, 6, 7};
  FakeRun whole(::testing::TempDir() + "/whole/run");
  whole.last_epoch = 9;
  ASSERT_TRUE(Drive(*Build(config), whole, values).ok());
  FakeRun first(::testing::TempDir() + "/parts/run");
  first.last_epoch = 9;
  auto hook = Build(config);
  ASSERT_TRUE(hook->BeforeTrain(first).ok());
  while (first.now_epoch < 4) {
    const MetricValues metrics = {{"acc", values[first.now_epoch]}};
    ASSERT_TRUE(DriveEpoch(*hook, first, 2, &metrics).ok());
  }
  FakeRun second(first.work_dir());
  second.last_epoch = 9;
  const FakeRun::Saved& from = first.Find("epoch_4.pth");
  second.now_epoch = from.options.epoch;
  second.now_iter = from.options.iter;
  ASSERT_TRUE(second.message_hub().LoadStateDict(from.message_hub).ok());

  ASSERT_TRUE(Drive(*Build(config), second, values).ok());

  EXPECT_EQ(second.Files(), whole.Files());
  EXPECT_THAT(second.Files(),
              ElementsAre("best_acc_epoch_5.pth", "epoch_4.pth", "epoch_5.pth",
                          "epoch_6.pth", "epoch_9.pth", "last_checkpoint"));
  EXPECT_EQ(*second.message_hub().GetInfo("best_score")->get_if<double>(), 9);
}

TEST(CheckpointHook, AFailedSaveLeavesOlderCheckpointsAndSaysSo) {
  CheckpointHookConfig config = EveryEpoch();
  config.set_max_keep_ckpts(1);
  FakeRun run(NewWorkDir());
  run.last_epoch = 3;
  auto hook = Build(config);
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(DriveEpoch(*hook, run, 1, nullptr).ok());
  const Value hub = run.message_hub().state_dict();
  run.save_status = absl::ResourceExhaustedError("no space left on device");
  CapturedLog log;

  const absl::Status status = DriveEpoch(*hook, run, 1, nullptr);

  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(run.Files(), ElementsAre("epoch_1.pth", "last_checkpoint"));
  EXPECT_EQ(*fileio::GetText(run.work_dir() + "/last_checkpoint"),
            run.work_dir() + "/epoch_1.pth");
  EXPECT_TRUE(BitIdentical(run.message_hub().state_dict(), hub));
  EXPECT_THAT(log.Lines(),
              Contains(AllOf(HasSubstr("ERROR"), HasSubstr("epoch_2.pth"),
                             HasSubstr("no space left"),
                             HasSubstr("Older checkpoints are untouched"))));
}

TEST(CheckpointHook, GoesOnSavingOnceThereIsRoomAgain) {
  CheckpointHookConfig config = EveryEpoch();
  config.set_max_keep_ckpts(1);
  FakeRun run(NewWorkDir());
  run.last_epoch = 3;
  auto hook = Build(config);
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  ASSERT_TRUE(DriveEpoch(*hook, run, 1, nullptr).ok());
  run.save_status = absl::ResourceExhaustedError("no space left on device");
  ASSERT_TRUE(DriveEpoch(*hook, run, 1, nullptr).ok());
  run.save_status = absl::OkStatus();

  ASSERT_TRUE(DriveEpoch(*hook, run, 1, nullptr).ok());

  EXPECT_THAT(run.Files(), ElementsAre("epoch_3.pth", "last_checkpoint"));
}

struct EndCase {
  const char* name;
  bool by_epoch;
  int64_t interval;
  bool save_last;
};
void PrintTo(const EndCase& test, std::ostream* out) { *out << test.name; }

class CheckpointHookEnd : public ::testing::TestWithParam<EndCase> {};

TEST_P(CheckpointHookEnd, ARunWhoseLastSaveFailsEndsInItsError) {
  CheckpointHookConfig config;
  config.set_by_epoch(GetParam().by_epoch);
  config.set_interval(GetParam().interval);
  config.set_save_last(GetParam().save_last);
  FakeRun run(NewWorkDir());
  run.last_epoch = 1;
  run.last_iter = 2;
  run.save_status = absl::ResourceExhaustedError("no space left on device");
  auto hook = Build(config);
  ASSERT_TRUE(hook->BeforeTrain(run).ok());

  EXPECT_EQ(DriveEpoch(*hook, run, 2, nullptr), run.save_status);
}

INSTANTIATE_TEST_SUITE_P(
    Cases, CheckpointHookEnd,
    ::testing::Values(EndCase{"ByEpoch", true, -1, true},
                      EndCase{"ByIter", false, -1, true},
                      EndCase{"ByEpochAsTheInterval", true, 1, false},
                      EndCase{"ByIterAsTheInterval", false, 2, false}),
    [](const auto& info) { return std::string(info.param.name); });

class CheckpointHookFailing
    : public ::testing::TestWithParam<absl::StatusCode> {};

TEST_P(CheckpointHookFailing, GoesOnOnlyWhereALaterSaveMaySucceed) {
  const bool may_pass = GetParam() == absl::StatusCode::kResourceExhausted ||
                        GetParam() == absl::StatusCode::kUnavailable ||
                        GetParam() == absl::StatusCode::kPermissionDenied;
  FakeRun run(NewWorkDir());
  run.last_epoch = 3;
  run.save_status = absl::Status(GetParam(), "the reason");
  auto hook = Build(Best("acc"));
  ASSERT_TRUE(hook->BeforeTrain(run).ok());

  EXPECT_EQ(DriveEpoch(*hook, run, 1, nullptr),
            may_pass ? absl::OkStatus() : run.save_status);
  EXPECT_EQ(hook->AfterValEpoch(run, {{"acc", 1.0}}),
            may_pass ? absl::OkStatus() : run.save_status);
}

// The other ranks may stand in a collective.
TEST_P(CheckpointHookFailing, EndsTheRunWhereItIsNotTheStorages) {
  FakeRun run(NewWorkDir());
  run.last_epoch = 3;
  run.save_status = NotOfStorage(absl::Status(GetParam(), "the reason"));
  auto hook = Build(Best("acc"));
  ASSERT_TRUE(hook->BeforeTrain(run).ok());

  EXPECT_EQ(DriveEpoch(*hook, run, 1, nullptr), run.save_status);
  EXPECT_EQ(hook->AfterValEpoch(run, {{"acc", 1.0}}), run.save_status);
}

INSTANTIATE_TEST_SUITE_P(Codes, CheckpointHookFailing,
                         ::testing::Values(absl::StatusCode::kResourceExhausted,
                                           absl::StatusCode::kUnavailable,
                                           absl::StatusCode::kPermissionDenied,
                                           absl::StatusCode::kInternal,
                                           absl::StatusCode::kInvalidArgument),
                         [](const auto& info) {
                           return absl::StatusCodeToString(info.param);
                         });

TEST(CheckpointHook, LeavesTheBestOfAnotherRunInItsPlace) {
  FakeRun other(NewWorkDir());
  other.last_epoch = 1;
  ASSERT_TRUE(Drive(*Build(Best("acc")), other, {1}).ok());
  FakeRun run(NewWorkDir());
  run.last_epoch = 1;
  ASSERT_TRUE(run.message_hub()
                  .LoadStateDict(other.Find("best_acc_epoch_1.pth").message_hub)
                  .ok());

  ASSERT_TRUE(Drive(*Build(Best("acc")), run, {2}).ok());

  EXPECT_THAT(run.Files(), Contains("best_acc_epoch_1.pth"));
  EXPECT_THAT(other.Files(), Contains("best_acc_epoch_1.pth"));
}

TEST(CheckpointHook, SavesNothingOfAValidationBehindTheTraining) {
  FakeRun run(NewWorkDir());
  run.last_epoch = 1;
  auto hook = Build(Best("acc"));
  ASSERT_TRUE(Drive(*hook, run, {1}).ok());
  ASSERT_TRUE(hook->AfterTrain(run).ok());
  const size_t num_saved = run.saved.size();

  ASSERT_TRUE(hook->AfterValEpoch(run, {{"acc", 2.0}}).ok());

  EXPECT_EQ(run.saved.size(), num_saved);
}

TEST(CheckpointHook, ABestThatCouldNotBeSavedIsNoBest) {
  FakeRun run(NewWorkDir());
  run.last_epoch = 3;
  auto hook = Build(Best("acc"));
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  const MetricValues first = {{"acc", 1.0}};
  const MetricValues best = {{"acc", 9.0}};
  const MetricValues good = {{"acc", 5.0}};
  ASSERT_TRUE(DriveEpoch(*hook, run, 1, &first).ok());
  run.save_status = absl::ResourceExhaustedError("no space left on device");
  CapturedLog log;
  ASSERT_TRUE(DriveEpoch(*hook, run, 1, &best).ok());
  EXPECT_EQ(*run.message_hub().GetInfo("best_score")->get_if<double>(), 1);
  EXPECT_THAT(run.Files(), Contains("best_acc_epoch_1.pth"));
  EXPECT_THAT(log.Lines(), Contains(AllOf(HasSubstr("best_acc_epoch_2.pth"),
                                          HasSubstr("no space left"))));
  run.save_status = absl::OkStatus();

  ASSERT_TRUE(DriveEpoch(*hook, run, 1, &good).ok());

  EXPECT_EQ(*run.message_hub().GetInfo("best_score")->get_if<double>(), 5);
  EXPECT_THAT(run.Files(), Contains("best_acc_epoch_3.pth"));
  EXPECT_THAT(run.Files(), Not(Contains("best_acc_epoch_1.pth")));
}

TEST(CheckpointHook, AFailedFirstBestLeavesNoTrace) {
  FakeRun run(NewWorkDir());
  run.last_epoch = 3;
  auto hook = Build(Best("acc"));
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  run.save_status = absl::ResourceExhaustedError("no space left on device");

  ASSERT_TRUE(hook->AfterValEpoch(run, {{"acc", 1.0}}).ok());

  EXPECT_TRUE(run.message_hub().runtime_info().empty());
}

TEST(CheckpointHook, NamesTheMetricThatAValidationLacks) {
  FakeRun run(NewWorkDir());
  auto hook = Build(Best("acc"));
  ASSERT_TRUE(hook->BeforeTrain(run).ok());

  const absl::Status status =
      hook->AfterValEpoch(run, {{"loss", 0.5}, {"accuracy/top1", 90.0}});

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("\"acc\""), HasSubstr("loss, accuracy/top1")));
}

TEST(CheckpointHook, WarnsOfAValidationWithoutMetrics) {
  FakeRun run(NewWorkDir());
  auto hook = Build(Best("acc"));
  ASSERT_TRUE(hook->BeforeTrain(run).ok());
  CapturedLog log;

  ASSERT_TRUE(hook->AfterValEpoch(run, {}).ok());

  EXPECT_THAT(log.Lines(), ElementsAre(AllOf(HasSubstr("WARNING"),
                                             HasSubstr("no metrics"))));
  EXPECT_THAT(run.saved, IsEmpty());
}

TEST(CheckpointHook, SavesNothingOfAValidationOutsideATraining) {
  FakeRun run(NewWorkDir());

  ASSERT_TRUE(Build(Best("acc"))->AfterValEpoch(run, {{"acc", 1.0}}).ok());

  EXPECT_THAT(run.saved, IsEmpty());
}

TEST(CheckpointHook, AsksForARuleWhereAutoFindsAMetricWithout) {
  FakeRun run(NewWorkDir());
  auto hook = Build(Best("auto"));
  ASSERT_TRUE(hook->BeforeTrain(run).ok());

  const absl::Status status = hook->AfterValEpoch(run, {{"FID", 1.0}});

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("rule"));
}

TEST(CheckpointHook, RefusesDamagedInfoOfAResumedRun) {
  CheckpointHookConfig config = EveryEpoch();
  config.set_max_keep_ckpts(1);
  FakeRun run(NewWorkDir());
  run.message_hub().UpdateInfo("keep_ckpt_ids", "epoch_1.pth");
  auto hook = Build(config);
  ASSERT_TRUE(hook->BeforeTrain(run).ok());

  const absl::Status status = DriveEpoch(*hook, run, 1, nullptr);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("keep_ckpt_ids"));
}

struct ConfigCase {
  const char* name;
  const char* config;
  const char* error;
};
void PrintTo(const ConfigCase& test, std::ostream* out) { *out << test.name; }

class CheckpointHookConfigOf : public ::testing::TestWithParam<ConfigCase> {};

TEST_P(CheckpointHookConfigOf, IsRefused) {
  CheckpointHookConfig config;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(GetParam().config, &config)
          .ok());

  const absl::Status status = BuildHook(config).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().error));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, CheckpointHookConfigOf,
    ::testing::Values(
        ConfigCase{"UnknownRule", R"({"save_best": ["acc"], "rule": ["more"]})",
                   "\"more\""},
        ConfigCase{"UnknownRuleOfAuto",
                   R"({"save_best": ["auto"], "rule": ["more"]})", "\"more\""},
        ConfigCase{"NoRule", R"({"save_best": ["acc", "FID"]})", "\"FID\""},
        ConfigCase{"TooManyRules",
                   R"({"save_best": ["acc"], "rule": ["less", "less"]})",
                   "2 rules for 1 metrics"},
        ConfigCase{
            "TooFewRules",
            R"({"save_best": ["a", "b", "c"], "rule": ["less", "less"]})",
            "2 rules for 3 metrics"},
        ConfigCase{"AutoAndAnother", R"({"save_best": ["auto", "acc"]})",
                   "stands alone"},
        ConfigCase{"TheSameTwice", R"({"save_best": ["acc", "acc"]})",
                   "twice: acc, acc"},
        ConfigCase{"TemplateWithoutNumber", R"({"filename_tmpl": "last.pth"})",
                   "needs {}"},
        ConfigCase{"NegativeBegin", R"({"save_begin": -1})", "save_begin"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace anneal
