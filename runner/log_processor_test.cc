#include "runner/log_processor.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/file_client.h"
#include "hooks/logger_hook.pb.h"
#include "tests/support/captured_log.h"
#include "tests/support/fake_run.h"
#include "visualization/local_vis_backend.pb.h"
#include "visualization/visualizer.pb.h"

namespace anneal {
namespace {

using ::nlohmann::json;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string NewFolder() {
  static int num_folders = 0;
  return absl::StrCat(::testing::TempDir(), "/log_processor_", ++num_folders);
}

std::unique_ptr<Visualizer> LocalVisualizer(const std::string& folder) {
  VisualizerConfig config;
  config.add_vis_backends()->PackFrom(LocalVisBackendConfig());
  return *Visualizer::Create(config, folder);
}

std::vector<std::string> Lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  std::string line;
  while (std::getline(file, line)) lines.push_back(line);
  return lines;
}

absl::StatusOr<std::unique_ptr<LogProcessor>> Create(
    const std::string& config_json) {
  LogProcessorConfig config;
  const auto parsed =
      google::protobuf::util::JsonStringToMessage(config_json, &config);
  EXPECT_TRUE(parsed.ok()) << parsed.message();
  return LogProcessor::Create(config);
}

Mode ModeOf(const std::string& name) {
  return name == "train" ? Mode::kTrain
         : name == "val" ? Mode::kVal
                         : Mode::kTest;
}

// A case of log_processor_golden.txt.
struct GoldenCase {
  std::string name;
  json data;
};
void PrintTo(const GoldenCase& test, std::ostream* out) { *out << test.name; }

std::vector<GoldenCase> GoldenCases() {
  std::vector<GoldenCase> cases;
  for (const std::string& line : Lines("runner/log_processor_golden.txt")) {
    json data = json::parse(line);
    cases.push_back({data["name"], std::move(data)});
  }
  return cases;
}

void SetRun(const json& data, FakeRun* run) {
  const json& lengths = data["run"];
  run->now_epoch = lengths["epoch"];
  run->now_iter = lengths["iter"];
  run->last_epoch = lengths["max_epochs"];
  run->last_iter = lengths["max_iters"];
  run->batches[0] = lengths["train"];
  run->batches[1] = lengths["val"];
  run->batches[2] = lengths["test"];
  for (const json& scalar : data["scalars"]) {
    std::istringstream numbers(scalar[1].get<std::string>());
    std::string number;
    while (numbers >> number) {
      run->message_hub().UpdateScalar(scalar[0].get<std::string>(),
                                      std::strtod(number.c_str(), nullptr));
    }
  }
  if (!data["eta"].is_null()) {
    run->message_hub().UpdateInfo("eta", data["eta"].get<double>());
  }
}

class LogProcessorGolden : public ::testing::TestWithParam<GoldenCase> {};

TEST_P(LogProcessorGolden, IsMmenginesToTheCharacter) {
  const json& data = GetParam().data;
  FakeRun run(NewFolder());
  SetRun(data, &run);
  auto processor = Create(data["config"].dump());
  ASSERT_TRUE(processor.ok()) << processor.status();
  if (!data["memory"].is_null()) {
    (*processor)->set_max_memory([&] { return data["memory"].get<int64_t>(); });
  }
  const Mode mode = ModeOf(data["mode"]);
  const int64_t batch_idx = data["batch_idx"];

  const LogRecord record =
      data["call"] == "after_iter"
          ? *(*processor)->AfterIter(run, batch_idx, mode, true)
          : (*processor)->AfterEpoch(run, batch_idx, mode, true);

  EXPECT_EQ(record.line, data["line"]);
  LocalVisualizer(run.work_dir())->AddScalars(record.scalars, 7);
  EXPECT_EQ(Lines(run.work_dir() + "/scalars.json"),
            std::vector<std::string>({data["record"]}));
}

TEST(LogProcessorGoldenFile, IsThere) { EXPECT_EQ(GoldenCases().size(), 56); }

INSTANTIATE_TEST_SUITE_P(Cases, LogProcessorGolden,
                         ::testing::ValuesIn(GoldenCases()),
                         [](const auto& info) { return info.param.name; });

TEST(LogProcessor, CountsAsTheLoopDoesUnlessToldOtherwise) {
  FakeRun run(NewFolder());
  run.last_epoch = 3;
  run.last_iter = 30;
  run.batches[0] = 10;
  auto as_loop = Create("{}");
  auto by_iter = Create(R"({"by_epoch": false})");
  auto line = [&](LogProcessor& processor, bool by_epoch) {
    return processor.AfterIter(run, 0, Mode::kTrain, by_epoch)->line;
  };

  EXPECT_THAT(line(**as_loop, true), StartsWith("Epoch(train) [1][ 1/10]"));
  EXPECT_THAT(line(**as_loop, false), StartsWith("Iter(train) [ 1/30]"));
  EXPECT_THAT(line(**by_iter, true), StartsWith("Iter(train) [ 1/30]"));
}

TEST(LogProcessor, LeavesOtherModesOut) {
  FakeRun run(NewFolder());
  run.message_hub().UpdateScalar("val/loss", 1);
  run.message_hub().UpdateScalar("validation/loss", 2);
  run.message_hub().UpdateScalar("train/loss", 3);

  const LogRecord record =
      (*Create("{}"))->AfterEpoch(run, 1, Mode::kVal, true);

  ASSERT_EQ(record.scalars.size(), 1);
  EXPECT_EQ(record.scalars[0], std::make_pair(std::string("loss"), 1.0));
}

TEST(LogProcessor, GivesTheLastValidationsLossAndTheMeanOfItsTimes) {
  FakeRun run(NewFolder());
  run.batches[1] = 2;
  for (const double loss : {3.0, 1.0}) {
    run.message_hub().UpdateScalar("val/loss", loss);
  }
  for (const double time : {0.2, 0.4}) {
    run.message_hub().UpdateScalar("val/time", time);
  }
  const LogRecord record =
      (*Create("{}"))->AfterEpoch(run, 2, Mode::kVal, true);

  EXPECT_THAT(record.line, HasSubstr("loss: 1.0000  time: 0.3000"));
}

TEST(LogProcessor, LeavesOutAHistoryWithoutValues) {
  FakeRun run(NewFolder());
  run.message_hub().scalar("val/loss");

  EXPECT_TRUE(
      (*Create("{}"))->AfterEpoch(run, 1, Mode::kVal, true).scalars.empty());
}

TEST(LogProcessor, TakesALogNameThatLooksLikeAPrefixedRate) {
  FakeRun run(NewFolder());
  run.message_hub().UpdateScalar("train/loss", 1);
  auto processor = Create(
      R"({"custom_cfg": [{"data_src": "loss", "log_name": "train/my_lr"}]})");
  ASSERT_TRUE(processor.ok()) << processor.status();

  EXPECT_THAT((*processor)->AfterIter(run, 0, Mode::kTrain, true)->line,
              HasSubstr("train/my_lr: 1.0000e+00  loss: 1.0000"));
}

TEST(LogProcessor, TakesAStatisticThatTheProgramRegistered) {
  HistoryBuffer::RegisterStatistic("oldest",
                                   [](const HistoryBuffer& history, int64_t) {
                                     return history.values().front();
                                   });
  FakeRun run(NewFolder());
  run.message_hub().UpdateScalar("train/loss", 8);
  run.message_hub().UpdateScalar("train/loss", 2);
  auto processor = Create(
      R"({"custom_cfg": [{"data_src": "loss", "method_name": "oldest"}]})");
  ASSERT_TRUE(processor.ok()) << processor.status();

  EXPECT_THAT((*processor)->AfterIter(run, 1, Mode::kTrain, true)->line,
              HasSubstr("loss: 8.0000"));
}

struct ConfigCase {
  const char* name;
  const char* config;
  std::vector<std::string> words;
};
void PrintTo(const ConfigCase& test, std::ostream* out) { *out << test.name; }

class LogProcessorConfigOf : public ::testing::TestWithParam<ConfigCase> {};

TEST_P(LogProcessorConfigOf, IsRefused) {
  const absl::Status status = Create(GetParam().config).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  for (const std::string& word : GetParam().words) {
    EXPECT_THAT(std::string(status.message()), HasSubstr(word));
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, LogProcessorConfigOf,
    ::testing::Values(
        ConfigCase{"NoWindow", R"({"window_size": 0})", {"window_size is 0"}},
        ConfigCase{
            "NegativeDigits", R"({"num_digits": -1})", {"num_digits is -1"}},
        ConfigCase{"UnknownMethod",
                   R"({"custom_cfg": [{"data_src": "loss",
                                       "method_name": "median"}]})",
                   {"of loss", "\"median\"", "mean, min"}},
        ConfigCase{"CustomWindowOfNothing",
                   R"({"custom_cfg": [{"data_src": "loss",
                                       "window_size": 0}]})",
                   {"of loss", "window_size"}},
        ConfigCase{"CustomWindowOfAHalf",
                   R"({"custom_cfg": [{"data_src": "loss",
                                       "window_size": 2.5}]})",
                   {"2.5", "whole number"}},
        ConfigCase{"CustomWindowOfAnUnknownWord",
                   R"({"custom_cfg": [{"data_src": "loss",
                                       "window_size": "run"}]})",
                   {"run", "\"global\""}},
        ConfigCase{"EpochWindowByIter",
                   R"({"by_epoch": false,
                       "custom_cfg": [{"data_src": "loss",
                                       "window_size": "epoch"}]})",
                   {"epoch", "by_epoch is false"}},
        ConfigCase{"TwoOfOneSource",
                   R"({"custom_cfg": [{"data_src": "loss"},
                                      {"data_src": "loss"}]})",
                   {"\"loss\" twice", "log_name"}},
        ConfigCase{"TwoOfOneName",
                   R"({"custom_cfg": [{"data_src": "loss", "log_name": "a"},
                                      {"data_src": "acc", "log_name": "a"}]})",
                   {"\"a\" twice"}},
        ConfigCase{"BrokenPattern",
                   R"({"mean_pattern": "(loss"})",
                   {"mean_pattern", "\"(loss\""}}),
    [](const auto& info) { return std::string(info.param.name); });

// A run whose lines a log processor makes.
class LoggedRun : public FakeRun {
 public:
  explicit LoggedRun(const std::string& folder) : FakeRun(folder) {
    processor_ = *Create("{}");
    fake_visualizer = LocalVisualizer(folder);
    last_epoch = 2;
    last_iter = 14;
    batches[0] = 7;
    batches[1] = 4;
    batches[2] = 3;
  }
  absl::StatusOr<LogRecord> LogAfterIter(int64_t batch_idx,
                                         Mode mode) override {
    return processor_->AfterIter(*this, batch_idx, mode, true);
  }
  LogRecord LogAfterEpoch(int64_t num_batches, Mode mode) override {
    return processor_->AfterEpoch(*this, num_batches, mode, true);
  }

 private:
  std::unique_ptr<LogProcessor> processor_;
};

// drive() of log_processor_golden.py.
void Drive(Hook& hook, LoggedRun& run) {
  MessageHub& hub = run.message_hub();
  ASSERT_TRUE(hook.BeforeRun(run).ok());
  for (int epoch = 0; epoch < 2; ++epoch) {
    for (int i = 0; i < 7; ++i) {
      hub.UpdateScalar("train/lr", 0.1 / (epoch + 1));
      hub.UpdateScalar("train/data_time", 0.001 * (i + 1));
      hub.UpdateScalar("train/loss", 1.0 / (run.now_iter + 1));
      hub.UpdateScalar("train/time", 0.01 * (i + 1));
      hub.UpdateInfo("eta", 10.0 * (13 - run.now_iter));
      ASSERT_TRUE(hook.AfterTrainIter(run, i, Batch(), {}).ok());
      ++run.now_iter;
    }
    ++run.now_epoch;
    for (int i = 0; i < 4; ++i) {
      hub.UpdateScalar("val/data_time", 0.002);
      hub.UpdateScalar("val/time", 0.02 * (i + 1));
      hub.UpdateInfo("eta", 1.0 * (3 - i));
      ASSERT_TRUE(hook.AfterValIter(run, i, Batch(), Batch()).ok());
    }
    hub.UpdateScalar("val/accuracy/top1", 90.0 + run.now_epoch);
    ASSERT_TRUE(hook.AfterValEpoch(run, {}).ok());
  }
  for (int i = 0; i < 3; ++i) {
    hub.UpdateScalar("test/data_time", 0.002);
    hub.UpdateScalar("test/time", 0.03);
    hub.UpdateInfo("eta", 1.0 * (2 - i));
    ASSERT_TRUE(hook.AfterTestIter(run, i, Batch(), Batch()).ok());
  }
  hub.UpdateScalar("test/accuracy/top1", 91.5);
  ASSERT_TRUE(hook.AfterTestEpoch(run, {}).ok());
  ASSERT_TRUE(hook.AfterRun(run).ok());
}

struct HookCase {
  const char* name;
  const char* config;
};
void PrintTo(const HookCase& test, std::ostream* out) { *out << test.name; }

// What logger_hook_golden.txt says of the case.
std::vector<std::string> GoldenOf(const std::string& name) {
  std::vector<std::string> lines;
  bool is_it = false;
  for (const std::string& line : Lines("runner/logger_hook_golden.txt")) {
    const bool starts_case = absl::StartsWith(line, "case ");
    if (starts_case) is_it = line == "case " + name;
    if (is_it && !starts_case) lines.push_back(line);
  }
  return lines;
}

class LoggerHookGolden : public ::testing::TestWithParam<HookCase> {};

TEST_P(LoggerHookGolden, ARunLogsAndRecordsAsMmengineDoes) {
  LoggerHookConfig config;
  ASSERT_TRUE(
      google::protobuf::util::JsonStringToMessage(GetParam().config, &config)
          .ok());
  LoggedRun run(NewFolder());
  CapturedLog log;

  Drive(**BuildHook(config), run);

  std::vector<std::string> got;
  for (const std::string& line : log.Lines()) {
    got.push_back(absl::StrCat("log ", absl::StripPrefix(line, "INFO - ")));
  }
  for (const std::string& line : Lines(run.work_dir() + "/scalars.json")) {
    got.push_back(absl::StrCat("record ", line));
  }
  got.push_back(absl::StrCat(
      "test ", *fileio::GetText(absl::StrCat(run.log_dir(), "/",
                                             run.timestamp(), ".json"))));
  EXPECT_EQ(got, GoldenOf(GetParam().name));
}

INSTANTIATE_TEST_SUITE_P(
    Cases, LoggerHookGolden,
    ::testing::Values(HookCase{"Interval3", R"({"interval": 3})"},
                      HookCase{"Interval3AndTheLast",
                               R"({"interval": 3, "ignore_last": false})"},
                      HookCase{"IntervalLongerThanTheEpoch",
                               R"({"interval": 10})"},
                      HookCase{"ExpNameEvery5",
                               R"({"interval": 7, "interval_exp_name": 5,
                     "log_metric_by_epoch": false})"}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace anneal
