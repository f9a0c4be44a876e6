#include "utils/collect_env.h"

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "utils/version.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

std::string Find(const EnvironmentInfo& info, const std::string& key) {
  for (const auto& [name, text] : info) {
    if (name == key) return text;
  }
  return "absent";
}

TEST(CollectEnv, TellsTheMachineAndTheLibraries) {
  const EnvironmentInfo info = CollectEnv();

  EXPECT_EQ(Find(info, "sys.platform"), "linux");
  EXPECT_THAT(Find(info, "OS"), HasSubstr(", Linux "));
  EXPECT_THAT(Find(info, "Memory"), MatchesRegex("[0-9]+ kB"));
  EXPECT_THAT(Find(info, "Compiler"), MatchesRegex("(GCC|Clang) [0-9.]+.*"));
  EXPECT_THAT(Find(info, "OpenMP"), MatchesRegex("[0-9]+ .*"));
  EXPECT_THAT(Find(info, "LibTorch"), MatchesRegex("[0-9]+\\.[0-9]+\\..*"));
  EXPECT_THAT(Find(info, "LibTorch compiling details"),
              HasSubstr("PyTorch built with"));
  EXPECT_EQ(Find(info, "Anneal"), kVersion);
}

TEST(CollectEnv, CountsCoresAndThreads) {
  const EnvironmentInfo info = CollectEnv();

  const int cores = std::stoi(Find(info, "CPU cores"));
  const int threads = std::stoi(Find(info, "CPU threads"));
  EXPECT_GE(cores, 1);
  EXPECT_GE(threads, cores);
  EXPECT_EQ(std::stoi(Find(info, "Threads of an operator")),
            at::get_num_threads());
}

TEST(CollectEnv, NoTextIsEmpty) {
  for (const auto& [name, text] : CollectEnv()) {
    EXPECT_THAT(text, Not(IsEmpty())) << name;
  }
}

TEST(CollectEnv, BlockIsMmengines) {
  std::ifstream golden("utils/collect_env_golden.txt");
  ASSERT_TRUE(golden.is_open());
  const std::string expected{std::istreambuf_iterator<char>(golden), {}};

  const std::string block =
      EnvironmentBlock({{"sys.platform", "linux"},
                        {"PyTorch compiling details", "first\n  - second"}},
                       {{"cudnn_benchmark", "False"},
                        {"seed", "7"},
                        {"Distributed launcher", "none"},
                        {"Distributed training", "False"},
                        {"GPU number", "1"}});

  EXPECT_EQ(block, expected);
}

}  // namespace
}  // namespace anneal
