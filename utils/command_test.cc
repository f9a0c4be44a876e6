#include "utils/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;

// A folder at the front of the PATH with a program `name`.
void PutOnPath(const std::string& name, const std::string& script) {
  const std::string folder = ::testing::TempDir() + "/bin";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/" + name) << "#!/bin/sh\n" << script;
  chmod((folder + "/" + name).c_str(), 0755);
  setenv("PATH", (folder + ":/usr/bin:/bin").c_str(), 1);
}

TEST(FindExecutable, SearchesThePath) {
  PutOnPath("my_tool", "true");

  EXPECT_THAT(*FindExecutable("my_tool"), EndsWith("/bin/my_tool"));
  EXPECT_EQ(*FindExecutable("/bin/sh"), "/bin/sh");
}

TEST(FindExecutable, MissingProgramIsNamed) {
  for (const std::string name : {"no_such_tool", "", "./no_such_tool"}) {
    const absl::Status status = FindExecutable(name).status();

    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("\"" + name + "\""), HasSubstr("install it")));
  }
}

TEST(CallCommand, ReturnsStandardOutput) {
  EXPECT_EQ(*CallCommand({"sh", "-c", "echo out; echo err >&2"}), "out\n");
}

TEST(CallCommand, ArgumentsReachTheProgramUnchanged) {
  EXPECT_EQ(*CallCommand({"printf", "%s|", "a b", "$HOME", "*"}),
            "a b|$HOME|*|");
}

TEST(CallCommand, MuchOnBothStreamsDoesNotBlock) {
  const auto output = CallCommand(
      {"sh", "-c", "head -c 300000 /dev/zero >&2; head -c 200000 /dev/zero"});

  EXPECT_EQ(output->size(), 200000);
}

TEST(CallCommand, FailureTellsCommandStatusAndWords) {
  const absl::Status status =
      CallCommand({"sh", "-c", "echo broken >&2; exit 3"}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("`sh -c echo broken"),
                    HasSubstr("ended with status 3: broken")));
}

TEST(CallCommand, SignalIsTold) {
  const absl::Status status = CallCommand({"sh", "-c", "kill -9 $$"}).status();

  EXPECT_THAT(std::string(status.message()),
              HasSubstr("was ended by signal 9"));
}

TEST(CallCommand, EmptyCommandIsRefused) {
  EXPECT_EQ(CallCommand({}).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(GetGitHash, AsksGit) {
  PutOnPath("git", "[ \"$*\" = \"rev-parse HEAD\" ] && echo 0123456789abcdef");

  EXPECT_EQ(GetGitHash(), "0123456789abcdef");
  EXPECT_EQ(GetGitHash("unknown", 7), "0123456");
}

TEST(GetGitHash, OutsideARepositoryIsTheFallback) {
  PutOnPath("git", "echo fatal: not a git repository >&2; exit 128");

  EXPECT_EQ(GetGitHash(), "unknown");
  EXPECT_EQ(GetGitHash("none"), "none");
}

}  // namespace
}  // namespace anneal
