#include "utils/path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
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

TEST(ScanDir, AndIsAbsAreMmengines) {
  const std::string root = TempPath("scan");
  std::ifstream golden("utils/path_golden.txt");
  std::string line;
  int num_checks = 0;
  while (std::getline(golden, line)) {
    const std::vector<std::string> words = absl::StrSplit(line, ' ');
    if (words[0] == "make") {
      const std::filesystem::path path = root + "/" + words[1];
      std::filesystem::create_directories(path.parent_path());
      std::ofstream(path.string()) << "x";
      continue;
    }
    ++num_checks;
    if (words[0] == "is_abs") {
      EXPECT_EQ(IsAbs(words[1]), words[2] == "1") << line;
      continue;
    }
    ScanOptions options;
    if (words[1] != "-") options.suffixes = absl::StrSplit(words[1], ',');
    options.recursive = words[2] == "1";
    options.case_sensitive = words[3] == "1";
    EXPECT_EQ(*ScanDir(root, options),
              std::vector<std::string>(words.begin() + 4, words.end()))
        << line;
  }
  EXPECT_EQ(num_checks, 33);
}

TEST(ScanDir, LinkToAFolderAboveEnds) {
  const std::string root = TempPath("loop");
  std::filesystem::create_directories(root + "/sub");
  std::ofstream(root + "/sub/a.txt") << "x";
  std::filesystem::create_directory_symlink(root, root + "/sub/up");
  ScanOptions options;
  options.recursive = true;

  EXPECT_THAT(*ScanDir(root, options), ElementsAre("sub/a.txt"));
}

TEST(ScanDir, MissingFolderIsNamed) {
  const absl::Status status = ScanDir(TempPath("nowhere")).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("can't scan " + TempPath("nowhere")));
}

TEST(ExpandUser, TakesHomeForATilde) {
  setenv("HOME", "/home/me/", 1);

  EXPECT_EQ(ExpandUser("~"), "/home/me");
  EXPECT_EQ(ExpandUser("~/a"), "/home/me/a");
  EXPECT_EQ(ExpandUser("~root/a"), "/root/a");
  EXPECT_EQ(ExpandUser("~no_such_user/a"), "~no_such_user/a");
  EXPECT_EQ(ExpandUser("a/~"), "a/~");
  EXPECT_EQ(ExpandUser(""), "");
}

TEST(CheckFileExist, TellsFilesFromWhatIsNone) {
  const std::string path = TempPath("there.txt");
  std::ofstream(path) << "x";

  EXPECT_TRUE(CheckFileExist(path).ok());
  for (const std::string& bad : {TempPath("absent"), TempPath("")}) {
    const absl::Status status = CheckFileExist(bad);
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("file \"" + bad + "\" does not exist"));
  }
}

TEST(Symlink, ReplacesALinkAndAFile) {
  const std::string link = TempPath("link");
  for (const char* target : {"first", "second"}) {
    ASSERT_TRUE(Symlink(target, link).ok());
    EXPECT_EQ(std::filesystem::read_symlink(link), target);
  }
  std::filesystem::remove(link);
  std::ofstream(link) << "a file";

  ASSERT_TRUE(Symlink("third", link).ok());
  EXPECT_EQ(std::filesystem::read_symlink(link), "third");
}

TEST(Symlink, WithoutOverwriteKeepsWhatIsThere) {
  const std::string link = TempPath("kept");
  std::ofstream(link) << "a file";

  const absl::Status status = Symlink("target", link, /*overwrite=*/false);

  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr(link));
  EXPECT_FALSE(std::filesystem::is_symlink(link));
}

TEST(Symlink, FolderIsNotReplaced) {
  const std::string link = TempPath("folder_there");
  std::filesystem::create_directories(link);

  const absl::Status status = Symlink("target", link);

  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("a folder is there"));
}

TEST(FindVcsRoot, IsTheNearestFolderWithAMarker) {
  const std::string root = *AbsolutePath(TempPath("repository"));
  std::filesystem::create_directories(root + "/.git");
  std::filesystem::create_directories(root + "/a/b");
  std::ofstream(root + "/a/b/file") << "x";

  EXPECT_EQ(FindVcsRoot(root + "/a/b/file"), root);
  EXPECT_EQ(FindVcsRoot(root + "/a/b/"), root);
  EXPECT_EQ(FindVcsRoot(root + "/a/b", {"no", "b"}), root + "/a");
  EXPECT_EQ(FindVcsRoot(root, {"no_such_marker"}), absl::nullopt);
}

}  // namespace
}  // namespace anneal
