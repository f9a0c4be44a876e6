#include "logging/log_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStderr;
using ::testing::internal::GetCapturedStderr;

// A folder of the test's own.
std::string Folder() {
  const std::string path = absl::StrCat(
      ::testing::TempDir(), "/",
      ::testing::UnitTest::GetInstance()->current_test_info()->name());
  mkdir(path.c_str(), 0777);
  return path;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct RotationCase {
  int64_t max_bytes;
  int backup_count;
  std::vector<std::string> lines;
  // The text of each file by its suffix.
  std::map<std::string, std::string> files;
};

std::vector<RotationCase> RotationCases() {
  std::ifstream golden("logging/log_file_golden.txt");
  std::vector<RotationCase> cases;
  std::string line;
  while (std::getline(golden, line)) {
    std::istringstream words(line);
    std::string kind;
    words >> kind;
    if (kind == "case") {
      cases.emplace_back();
      words >> cases.back().max_bytes >> cases.back().backup_count;
    } else if (kind == "line") {
      cases.back().lines.emplace_back();
      words >> cases.back().lines.back();
    } else {
      std::string suffix;
      words >> suffix;
      std::string& text = cases.back().files[suffix == "-" ? "" : suffix];
      std::string word;
      while (words >> word) absl::StrAppend(&text, word, "\n");
    }
  }
  return cases;
}

TEST(LogFile, RotatesAsPython) {
  const std::vector<RotationCase> cases = RotationCases();
  ASSERT_EQ(cases.size(), 6);
  for (size_t i = 0; i < cases.size(); ++i) {
    LogFile::Options options;
    options.path = absl::StrCat(Folder(), "/", i, ".log");
    options.max_bytes = cases[i].max_bytes;
    options.backup_count = cases[i].backup_count;
    auto file = LogFile::Open(options);
    ASSERT_TRUE(file.ok());

    for (const std::string& line : cases[i].lines) (*file)->Write(line + "\n");

    for (const auto& [suffix, text] : cases[i].files) {
      EXPECT_EQ(ReadFile(options.path + suffix), text) << suffix;
    }
    const std::string beyond =
        absl::StrCat(options.path, ".", options.backup_count + 1);
    EXPECT_NE(access(beyond.c_str(), F_OK), 0);
  }
}

TEST(LogFile, AppendingCountsWhatWasThere) {
  LogFile::Options options;
  options.path = Folder() + "/run.log";
  options.file_mode = "a";
  options.max_bytes = 10;
  std::ofstream(options.path) << "earlier\n";
  auto file = LogFile::Open(options);

  (*file)->Write("now\n");

  EXPECT_EQ(ReadFile(options.path), "now\n");
  EXPECT_EQ(ReadFile(options.path + ".1"), "earlier\n");
}

TEST(LogFile, ModeWBeginsAnew) {
  LogFile::Options options;
  options.path = Folder() + "/run.log";
  std::ofstream(options.path) << "earlier\n";

  (*LogFile::Open(options))->Write("now\n");

  EXPECT_EQ(ReadFile(options.path), "now\n");
}

TEST(LogFile, OneThatCannotBeRenamedGrowsOnAndSaysSoOnce) {
  LogFile::Options options;
  options.path = Folder() + "/run.log";
  options.max_bytes = 5;
  options.backup_count = 1;
  // A folder that is not empty is where the backup would go.
  mkdir((options.path + ".1").c_str(), 0777);
  std::ofstream(options.path + ".1/kept") << "x";
  auto file = LogFile::Open(options);
  CaptureStderr();

  for (const char* line : {"one\n", "two\n", "three\n"}) (*file)->Write(line);

  EXPECT_EQ(ReadFile(options.path), "one\ntwo\nthree\n");
  const std::string err = GetCapturedStderr();
  EXPECT_THAT(err, HasSubstr("can't rotate the log file " + options.path));
  EXPECT_THAT(err, HasSubstr("the file grows on"));
  EXPECT_EQ(std::count(err.begin(), err.end(), '\n'), 1);
}

struct WrongOption {
  const char* name;
  LogFile::Options options;
  const char* words;
};

class LogFileWrongOption : public ::testing::TestWithParam<WrongOption> {};

TEST_P(LogFileWrongOption, IsNamed) {
  const absl::Status status = LogFile::Open(GetParam().options).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().words));
}

INSTANTIATE_TEST_SUITE_P(
    Options, LogFileWrongOption,
    ::testing::Values(
        WrongOption{"Mode", {"x.log", "r+"}, "file_mode is \"r+\"; it must be"},
        WrongOption{"Size",
                    {"x.log", "w", -1},
                    "max_bytes of the log file is "
                    "-1"},
        WrongOption{"Backups",
                    {"x.log", "w", 9, 0},
                    "backup_count of the log "
                    "file is 0"}),
    [](const auto& info) { return info.param.name; });

TEST(LogFile, FolderInItsPlaceIsNamed) {
  LogFile::Options options;
  options.path = Folder();

  const absl::Status status = LogFile::Open(options).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(options.path));
}

TEST(RankLogPath, IsMmengines) {
  std::ifstream golden("logging/rank_log_path_golden.txt");
  std::string path, host, device, expected;
  int rank;
  int count = 0;
  while (golden >> path >> host >> device >> rank >> expected) {
    EXPECT_EQ(RankLogPath(path, host == "-" ? "" : host, device, rank),
              expected);
    ++count;
  }
  EXPECT_EQ(count, 14);
}

}  // namespace
}  // namespace anneal
