#include "runner/default_hooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <sstream>
#include <string>

#include "hooks/logger_hook.pb.h"
#include "hooks/progress_bar_hook.pb.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::UnorderedElementsAre;

// The classes in the table of `hooks`.
std::set<std::string> Classes(const HookList& hooks) {
  std::istringstream words(hooks.Info());
  std::set<std::string> classes;
  for (std::string word; words >> word;) {
    if (word.size() > 4 && word.substr(word.size() - 4) == "Hook") {
      classes.insert(word);
    }
  }
  return classes;
}

TEST(DefaultHooks, AreThoseOfMmengine) {
  HookList hooks(nullptr);

  ASSERT_TRUE(AddConfiguredHooks(RunnerConfig(), &hooks).ok());

  EXPECT_THAT(Classes(hooks),
              UnorderedElementsAre("RuntimeInfoHook", "IterTimerHook",
                                   "DistSamplerSeedHook", "LoggerHook",
                                   "ParamSchedulerHook", "CheckpointHook"));
}

TEST(DefaultHooks, AnEmptyAnyRemovesOne) {
  RunnerConfig config;
  (*config.mutable_default_hooks())["checkpoint"];
  HookList hooks(nullptr);

  ASSERT_TRUE(AddConfiguredHooks(config, &hooks).ok());

  EXPECT_EQ(Classes(hooks).count("CheckpointHook"), 0);
  EXPECT_EQ(Classes(hooks).size(), 5);
}

TEST(DefaultHooks, AConfiguredOneTakesThePlaceOfItsName) {
  RunnerConfig config;
  (*config.mutable_default_hooks())["timer"].PackFrom(ProgressBarHookConfig());
  HookList hooks(nullptr);

  ASSERT_TRUE(AddConfiguredHooks(config, &hooks).ok());

  EXPECT_EQ(Classes(hooks).count("IterTimerHook"), 0);
  EXPECT_EQ(Classes(hooks).count("ProgressBarHook"), 1);
}

TEST(DefaultHooks, OtherNamesAndCustomHooksAreAdded) {
  RunnerConfig config;
  (*config.mutable_default_hooks())["bar"].PackFrom(ProgressBarHookConfig());
  config.add_custom_hooks()->PackFrom(ProgressBarHookConfig());
  HookList hooks(nullptr);

  ASSERT_TRUE(AddConfiguredHooks(config, &hooks).ok());

  const std::string info = hooks.Info();
  const std::string before_train =
      info.substr(info.find("before_train:"), info.find("before_train_epoch:") -
                                                  info.find("before_train:"));
  const size_t first = before_train.find("ProgressBarHook");
  ASSERT_NE(first, std::string::npos);
  EXPECT_NE(before_train.find("ProgressBarHook", first + 1), std::string::npos);
}

TEST(DefaultHooks, ANameNearADefaultIsRefused) {
  RunnerConfig config;
  (*config.mutable_default_hooks())["loger"];
  HookList hooks(nullptr);

  const absl::Status status = AddConfiguredHooks(config, &hooks);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("default_hooks.loger"),
            HasSubstr("did you mean \"logger\"?"), HasSubstr("custom_hooks")));
}

TEST(DefaultHooks, ANameNearAGivenDefaultAddsAHook) {
  RunnerConfig config;
  (*config.mutable_default_hooks())["logger"].PackFrom(LoggerHookConfig());
  (*config.mutable_default_hooks())["logger2"].PackFrom(
      ProgressBarHookConfig());
  HookList hooks(nullptr);

  ASSERT_TRUE(AddConfiguredHooks(config, &hooks).ok());

  EXPECT_EQ(Classes(hooks).count("LoggerHook"), 1);
  EXPECT_EQ(Classes(hooks).count("ProgressBarHook"), 1);
}

TEST(DefaultHooks, AHooksErrorIsTheConfigs) {
  LoggerHookConfig logger;
  logger.set_interval(0);
  RunnerConfig config;
  (*config.mutable_default_hooks())["logger"].PackFrom(logger);
  HookList hooks(nullptr);

  const absl::Status status = AddConfiguredHooks(config, &hooks);

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("LoggerHook.interval is 0"));
}

}  // namespace
}  // namespace anneal
