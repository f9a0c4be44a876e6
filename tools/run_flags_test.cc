#include "tools/run_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace anneal {
namespace {

using ::testing::HasSubstr;

// A config file of a training, not that its data is there.
std::string ConfigPath() {
  const std::string path = ::testing::TempDir() + "mlp.yaml";
  std::ofstream(path) << R"(
model: {type: MLP, widths: [4, 3]}
train_dataloader:
  batch_size: 2
  dataset: {type: TensorDataset, path: none.pth}
train_cfg: {by_epoch: true, max_epochs: 1}
optim_wrapper: {optimizer: {type: SGD, lr: 0.1}}
load_from: start.pth
)";
  return path;
}

absl::StatusOr<config::ResolvedConfig> Load(std::vector<std::string> args) {
  args.insert(args.begin(), ConfigPath());
  const FlagParser parser("train CONFIG", "", ConfigFlags());
  const auto flags = parser.Parse(args);
  if (!flags.ok()) return flags.status();
  return LoadConfigWithFlags(flags->positional[0], *flags);
}

RunnerConfig Message(const std::vector<std::string>& args) {
  const auto config = Load(args);
  EXPECT_TRUE(config.ok()) << config.status();
  return config.ok() ? config->message : RunnerConfig();
}

TEST(RunFlags, ChangeTheConfig) {
  const RunnerConfig config =
      Message({"--work-dir", "w/1", "--seed", "4", "--launcher", "none",
               "--cfg-options", "experiment_name=x"});

  EXPECT_EQ(config.work_dir(), "w/1");
  EXPECT_EQ(config.randomness().seed(), 4);
  EXPECT_EQ(config.launcher(), "none");
  EXPECT_EQ(config.experiment_name(), "x");
}

class RunFlagsPath : public ::testing::TestWithParam<const char*> {};

TEST_P(RunFlagsPath, IsTakenAsItIs) {
  EXPECT_EQ(Message({"--work-dir", GetParam()}).work_dir(), GetParam());
  EXPECT_EQ(Message({"--resume", GetParam()}).load_from(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(Words, RunFlagsPath,
                         ::testing::Values("007", "it's", "[x]", "(1, 2)",
                                           "'[x]'", "a \"b\" and 'c'", "None",
                                           "true", "a,b", "{a: 1}", " x "));

TEST(RunFlags, ACheckpointReplacesTheConfigs) {
  const auto config = LoadConfigWithFlags(ConfigPath(), Flags(), "[x].pth");

  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->message.load_from(), "[x].pth");
}

TEST(RunFlags, AmpTakesTheMixedPrecisionWrapper) {
  EXPECT_THAT(Message({"--amp"}).optim_wrapper().type_url(),
              HasSubstr("AmpOptimWrapperConfig"));
}

TEST(RunFlags, ResumeWithAPathResumesFromIt) {
  const RunnerConfig config = Message({"--resume", "a/epoch_1.pth"});

  EXPECT_TRUE(config.resume());
  EXPECT_EQ(config.load_from(), "a/epoch_1.pth");
}

TEST(RunFlags, ResumeAutoLeavesTheConfigAsItIs) {
  for (const std::vector<std::string>& args :
       {std::vector<std::string>{"--resume"}, {"--resume", "auto"}}) {
    const RunnerConfig config = Message(args);

    EXPECT_FALSE(config.resume());
    EXPECT_EQ(config.load_from(), "start.pth");
  }
}

TEST(RunFlags, AutoScaleLrNeedsTheBatchSizeThatTheLrIsMeantFor) {
  const absl::Status status = Load({"--auto-scale-lr"}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("base_batch_size"));
  const RunnerConfig config = Message(
      {"--auto-scale-lr", "--cfg-options", "auto_scale_lr.base_batch_size=8"});
  EXPECT_TRUE(config.auto_scale_lr().enable());
}

TEST(RunFlags, AWrongValueNamesItsPlace) {
  const absl::Status status = Load({"--seed", "many"}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("randomness.seed=many"));
}

absl::StatusOr<std::optional<int>> Ranks(const std::string& launcher,
                                         const std::vector<std::string>& words,
                                         const std::string& script = "") {
  RunnerConfig config;
  config.set_launcher(launcher);
  const FlagParser parser("train", "", {NprocFlag()});
  const auto flags = parser.Parse(words);
  if (!flags.ok()) return flags.status();
  return LaunchRanks(
      config, *flags,
      {"rank", "--gtest_filter=" + script, "--gtest_also_run_disabled_tests"});
}

TEST(LaunchRanks, IsForTheLocalLauncher) {
  for (const char* launcher : {"none", "pytorch", "slurm", "mpi"}) {
    const auto code = Ranks(launcher, {});

    ASSERT_TRUE(code.ok()) << code.status();
    EXPECT_EQ(*code, std::nullopt);
  }
}

TEST(LaunchRanks, GivesTheirExitCode) {
  const auto code = Ranks("local", {"--nproc", "2"}, "*EndsWithItsRank");

  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, std::make_optional(41));
}

// A rank of the test above, which starts no more of them.
TEST(LaunchRanks, DISABLED_EndsWithItsRank) {
  const auto code = Ranks("local", {"--nproc", "2"});
  ASSERT_TRUE(code.ok() && !code->has_value());
  if (std::string(std::getenv("RANK")) == "1") exit(41);
}

struct NprocCase {
  const char* name;
  const char* launcher;
  std::vector<std::string> words;
  const char* message;
};

class LaunchRanksError : public ::testing::TestWithParam<NprocCase> {};

TEST_P(LaunchRanksError, SaysWhatToGive) {
  const absl::Status status =
      Ranks(GetParam().launcher, GetParam().words).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Words, LaunchRanksError,
    ::testing::Values(
        NprocCase{"WithoutALauncher",
                  "none",
                  {"--nproc", "2"},
                  "--nproc 2 is for --launcher local; with launcher none there "
                  "is one process"},
        NprocCase{"WithAnother",
                  "slurm",
                  {"--nproc", "2"},
                  "what starts this program says how many"},
        NprocCase{"Missing", "local", {}, "of at least 1; it is not given"},
        NprocCase{"Letters", "local", {"--nproc", "two"}, "it is \"two\""},
        NprocCase{"Zero", "local", {"--nproc", "0"}, "it is \"0\""},
        NprocCase{"Negative", "local", {"--nproc=-1"}, "it is \"-1\""}),
    [](const auto& info) { return info.param.name; });

TEST(ExitCode, TellsWhoseFaultItIs) {
  EXPECT_EQ(ExitCode(absl::OkStatus()), 0);
  EXPECT_EQ(ExitCode(absl::CancelledError("stopped")), 130);
  EXPECT_EQ(ExitCode(absl::InvalidArgumentError("config")), 2);
  EXPECT_EQ(ExitCode(absl::NotFoundError("file")), 2);
  EXPECT_EQ(ExitCode(absl::DataLossError("disk")), 1);
}

TEST(ExitCode, PrintsTheMessageWhereTheLogIsElsewhere) {
  ::testing::internal::CaptureStderr();
  ExitCode(absl::DataLossError("the disk"), /*is_logged=*/true);

  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "the disk\n");
}

TEST(ExitCodeOfRun, PrintsThePlaceOfTheValueThatIsWrong) {
  const auto config = Load({});
  ::testing::internal::CaptureStderr();
  const int code = ExitCodeOfRun(
      *config, absl::InvalidArgumentError("lr is 0.1; it must not be"));

  EXPECT_EQ(code, 2);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("mlp.yaml:7:44: optim_wrapper.optimizer.lr: lr is 0.1; "
                        "it must not be"));
}

TEST(EnterUserFolder, GoesToWhereBazelWasCalled) {
  const std::string folder = ::testing::TempDir() + "user";
  std::filesystem::create_directories(folder);
  setenv("BUILD_WORKING_DIRECTORY", folder.c_str(), 1);

  EnterUserFolder();

  EXPECT_TRUE(
      std::filesystem::equivalent(std::filesystem::current_path(), folder));
}

}  // namespace
}  // namespace anneal
