#include "utils/path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace anneal {
namespace {

using ::testing::HasSubstr;

std::string TempPath(const std::string& name) {
  return ::testing::TempDir() + "/" + name;
}

TEST(Path, MkdirMakesTheFoldersAbove) {
  const std::string path = TempPath("mkdir/a/b");

  ASSERT_TRUE(MkdirOrExist(path).ok());

  EXPECT_TRUE(std::filesystem::is_directory(path));
}

TEST(Path, MkdirOfWhatExistsIsOk) {
  const std::string path = TempPath("twice");

  EXPECT_TRUE(MkdirOrExist(path).ok());
  EXPECT_TRUE(MkdirOrExist(path).ok());
}

TEST(Path, MkdirOfNothingIsTheWorkingFolder) {
  EXPECT_TRUE(MkdirOrExist("").ok());
}

TEST(Path, MkdirSaysThatAFileIsInTheWay) {
  const std::string path = TempPath("file");
  std::ofstream(path) << "text";

  for (const std::string& folder : {path, path + "/below"}) {
    const absl::Status status = MkdirOrExist(folder);

    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("make the folder " + folder),
                      HasSubstr("a file is in the way")));
  }
}

TEST(Path, MkdirSaysThatItMayNotWrite) {
  // Not even root makes folders there.
  const absl::Status status = MkdirOrExist("/proc/anneal/folder");

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/anneal/folder"));
}

TEST(Path, AbsolutePathHasNoDotsAndNoLastSlash) {
  EXPECT_EQ(*AbsolutePath("/a/./b/../c/"), "/a/c");
  EXPECT_EQ(*AbsolutePath("/"), "/");
}

TEST(Path, AbsolutePathStandsInTheWorkingFolder) {
  EXPECT_EQ(*AbsolutePath("a"),
            std::filesystem::current_path().string() + "/a");
}

TEST(Path, AbsolutePathOfNothingIsRefused) {
  const absl::Status status = AbsolutePath("").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("empty"));
}

}  // namespace
}  // namespace anneal
