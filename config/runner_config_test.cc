#include "config/runner_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "config/dump.h"
#include "config/fake_components.h"
#include "config/reader.h"
#include "config/test_schema.pb.h"

namespace anneal::config {
namespace {

using ::testing::HasSubstr;

std::string Path() { return absl::StrCat(::testing::TempDir(), "/run.yaml"); }

// Models SGD of anneal and of mylib, which differ in their messages.
absl::StatusOr<ResolvedConfig> Load(
    const std::string& text, const std::vector<std::string>& overrides = {}) {
  FakeComponents components;
  components.Add("model", "Net", "anneal", config_test::EmptyHookConfig());
  components.Add("model", "Net", "mylib", config_test::TimerHookConfig());
  std::ofstream(Path()) << text;
  return LoadRunnerConfig(Path(), overrides, components);
}

std::string Error(const std::string& text,
                  const std::vector<std::string>& overrides = {}) {
  const absl::StatusOr<ResolvedConfig> config = Load(text, overrides);
  return absl::StrReplaceAll(config.status().message(), {{Path(), "run.yaml"}});
}

TEST(LoadRunnerConfig, GivesTreeAndMessage) {
  const auto config =
      Load("model: {type: Net}\nwork_dir: a\n", {"randomness.seed=3"});

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(DumpFlow(config->tree),
            "{model: {type: Net}, work_dir: a, randomness: {seed: 3}}");
  EXPECT_EQ(config->message.work_dir(), "a");
  EXPECT_EQ(config->message.randomness().seed(), 3);
  EXPECT_EQ(config->message.model().type_url(),
            "type.googleapis.com/anneal.config_test.EmptyHookConfig");
}

TEST(LoadRunnerConfig, OverridesCountInOrder) {
  const auto config = Load("model: {type: Net}", {"work_dir=a", "work_dir=b"});

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->message.work_dir(), "b");
}

TEST(LoadRunnerConfig, SetsValuesAsTheyAreBehindTheOverrides) {
  FakeComponents components;
  components.Add("model", "Net", "anneal", config_test::EmptyHookConfig());
  std::ofstream(Path()) << "model: {type: Net}\nwork_dir: a\n";
  Place place;
  place.origin = std::make_shared<const std::string>("--work-dir [x]");
  const Node value(std::string("[x]"), place);

  const auto config = LoadRunnerConfig(Path(), {"work_dir=b"}, components,
                                       {{"work_dir", place, value}});

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->message.work_dir(), "[x]");
}

TEST(LoadRunnerConfig, LooksNamesUpInTheDefaultScopeFirst) {
  const auto config = Load("{model: {type: Net}, default_scope: mylib}");

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->message.model().type_url(),
            "type.googleapis.com/anneal.config_test.TimerHookConfig");
}

TEST(LoadRunnerConfig, ReportsAllErrorsOfFileAndOverridesAtOnce) {
  EXPECT_EQ(
      Error("work_dirr: a\nrandomness: {seed: x}\n", {"resume=maybe"}),
      "--cfg-options resume=maybe: resume: expected true or false, found a "
      "string: maybe\n"
      "run.yaml:1:1: work_dirr: RunnerConfig has no such field; did you mean "
      "\"work_dir\"?\n"
      "run.yaml:1:1: model: RunnerConfig needs this field; add model: {type: "
      "<model>}\n"
      "run.yaml:2:20: randomness.seed: expected an integer, found a string: "
      "x");
}

TEST(LoadRunnerConfig, OfAnEmptyFileNamesWhatIsNeeded) {
  EXPECT_EQ(Error(""),
            "run.yaml:1:1: model: RunnerConfig needs this field; add model: "
            "{type: <model>}");
}

TEST(LoadRunnerConfig, OverrideOfAPathThatIsNotThereIsInvalid) {
  const auto config = Load("model: {type: Net}", {"model.type.x=1"});

  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(config.status().message(),
            "--cfg-options model.type.x=1: \"x\" is not there: model.type is a "
            "string");
}

TEST(LoadRunnerConfig, OverrideOfAFieldThatIsNotThereIsInvalid) {
  EXPECT_EQ(Error("model: {type: Net}", {"randomness.sed=1"}),
            "--cfg-options randomness.sed=1: randomness.sed: Randomness has no "
            "such field; did you mean \"seed\"?");
}

// In the file or from an override: no checkpoint could hold it.
TEST(LoadRunnerConfig, RefusesTextThatIsNotUtf8) {
  EXPECT_THAT(Error("model: {type: Net}\nwork_dir: caf\xe9\n"),
              HasSubstr("run.yaml:2:14: not UTF-8: \"work_dir: caf\\xe9\""));
  EXPECT_THAT(Error("model: {type: Net}", {"work_dir=caf\xe9"}),
              HasSubstr("not UTF-8: \"caf\\xe9\""));
}

TEST(LoadRunnerConfig, OfAMissingFileIsNotFound) {
  const auto config = LoadRunnerConfig("no/such.yaml", {}, FakeComponents());

  EXPECT_EQ(config.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(config.status().message()),
              HasSubstr("no/such.yaml"));
}

TEST(LoadRunnerConfig, OverridesCanNotPassTheLimits) {
  std::string deep = "vars.a=";
  for (int i = 0; i < 99; ++i) deep += "[";

  EXPECT_THAT(Error("model: {type: Net}", {deep + "1" + std::string(99, ']')}),
              HasSubstr("nested too deeply"));
}

std::string Filled(const std::string& text) {
  absl::StatusOr<Node> node = ReadYaml(text, "a.yaml");
  EXPECT_TRUE(node.ok()) << node.status();
  FillShorthands(&*node);
  return DumpFlow(*node);
}

TEST(FillShorthands, TakesTheTrainLoopFromByEpoch) {
  EXPECT_EQ(Filled("train_cfg: {max_epochs: 3}"),
            "{train_cfg: {max_epochs: 3, type: EpochBasedTrainLoop}}");
  EXPECT_EQ(Filled("train_cfg: {by_epoch: true, max_epochs: 3}"),
            "{train_cfg: {max_epochs: 3, type: EpochBasedTrainLoop}}");
  EXPECT_EQ(Filled("train_cfg: {by_epoch: false, max_iters: 3}"),
            "{train_cfg: {max_iters: 3, type: IterBasedTrainLoop}}");
}

TEST(FillShorthands, LeavesATypeAlone) {
  EXPECT_EQ(Filled("train_cfg: {type: MyLoop, n: 1}"),
            "{train_cfg: {type: MyLoop, n: 1}}");
  EXPECT_EQ(Filled("train_cfg: {type: MyLoop, by_epoch: false}"),
            "{train_cfg: {type: MyLoop, by_epoch: false}}");
}

TEST(FillShorthands, LeavesAnotherByEpochToTheSchema) {
  EXPECT_EQ(Filled("train_cfg: {by_epoch: maybe}"),
            "{train_cfg: {by_epoch: maybe}}");
  EXPECT_EQ(Filled("{train_cfg: 5}"), "{train_cfg: 5}");
  EXPECT_EQ(Filled("{}"), "{}");
}

}  // namespace
}  // namespace anneal::config
