#include "hub/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "fileio/http/digest.h"
#include "logging/logger.h"
#include "tests/support/memory_backend.h"

namespace anneal::hub {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;
using ::testing::internal::CaptureStderr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStderr;
using ::testing::internal::GetCapturedStdout;

namespace fs = std::filesystem;

std::string ReadFile(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

// How many files `folder` has, hidden ones too.
int NumFiles(const std::string& folder) {
  return std::distance(fs::directory_iterator(folder), {});
}

// A cache of each test's own, and a file that has a hash in its name.
class DownloadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = absl::StrCat(
        ::testing::TempDir(), "/",
        ::testing::UnitTest::GetInstance()->current_test_info()->name());
    setenv("ANNEAL_HOME", (folder_ + "/anneal").c_str(), 1);
    setenv("TORCH_HOME", (folder_ + "/torch").c_str(), 1);
    unsetenv("ANNEAL_OFFLINE");
    bytes_.assign(5000, 'w');
    const std::string hash =
        absl::BytesToHexString(DigestOf(DigestKind::kSha256, bytes_));
    name_ = absl::StrCat("net-", hash.substr(0, 8), ".pth");
    url_ = "mem://zoo/" + name_;
    MemoryFiles() = {{url_, {bytes_}}};
  }

  std::string torch_folder() const {
    return folder_ + "/torch/hub/checkpoints";
  }

  std::string folder_;
  std::string bytes_;
  std::string name_;
  std::string url_;
};

TEST_F(DownloadTest, WithAHashIsKeptWhereTorchKeepsIts) {
  const auto path = Download(url_);

  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, torch_folder() + "/" + name_);
  EXPECT_EQ(ReadFile(*path), bytes_);
  EXPECT_EQ(NumFiles(torch_folder()), 1);
}

TEST_F(DownloadTest, IsReadOnce) {
  const int before = NumOpened();

  ASSERT_TRUE(Download(url_).ok());
  ASSERT_TRUE(Download(url_).ok());

  EXPECT_EQ(NumOpened(), before + 1);
}

TEST_F(DownloadTest, WithoutAHashIsKeptByItsWholeUrl) {
  MemoryFiles() = {{"mem://a/last.pth", {"from a"}},
                   {"mem://b/last.pth", {"from b"}}};

  const auto a = Download("mem://a/last.pth");
  const auto b = Download("mem://b/last.pth");

  EXPECT_EQ(ReadFile(*a), "from a");
  EXPECT_EQ(ReadFile(*b), "from b");
  EXPECT_THAT(*a, StartsWith(folder_ + "/anneal/downloads/"));
}

TEST_F(DownloadTest, FolderAndNameCanBeChosen) {
  DownloadOptions options;
  options.folder = folder_ + "/mine";
  options.file_name = "weights.pth";

  EXPECT_EQ(*Download(url_, options), folder_ + "/mine/weights.pth");
}

TEST_F(DownloadTest, WrongHashIsRefusedAndNothingKept) {
  MemoryFiles()[url_].bytes[7] = 'x';

  const absl::Status status = Download(url_).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr(url_), HasSubstr("SHA-256 begins with"),
                    HasSubstr("it is not kept")));
  EXPECT_EQ(NumFiles(torch_folder()), 0);
}

TEST_F(DownloadTest, HashIsNotLookedAtWhereToldSo) {
  MemoryFiles()[url_].bytes[7] = 'x';
  DownloadOptions options;
  options.check_hash = false;

  EXPECT_TRUE(Download(url_, options).ok());
}

TEST_F(DownloadTest, OfflineUsesWhatIsKept) {
  ASSERT_TRUE(Download(url_).ok());
  setenv("ANNEAL_OFFLINE", "1", 1);

  EXPECT_TRUE(Download(url_).ok());
}

TEST_F(DownloadTest, OfflineSaysWhereTheFileWouldBe) {
  setenv("ANNEAL_OFFLINE", "1", 1);

  const absl::Status status = Download(url_).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("ANNEAL_OFFLINE"),
                    HasSubstr("put the file at " + torch_folder())));
}

TEST_F(DownloadTest, OptionGoesBeforeTheVariable) {
  setenv("ANNEAL_OFFLINE", "1", 1);
  DownloadOptions options;
  options.offline = false;
  EXPECT_TRUE(Download(url_, options).ok());
  fs::remove_all(folder_);
  setenv("ANNEAL_OFFLINE", "0", 1);
  options.offline = true;

  EXPECT_FALSE(Download(url_, options).ok());
  EXPECT_TRUE(Download(url_).ok());
}

TEST_F(DownloadTest, BrokenConnectionLeavesNothing) {
  MemoryFiles()[url_].breaks_after = 3000;

  const absl::Status status = Download(url_).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("connection broke"));
  EXPECT_EQ(NumFiles(torch_folder()), 0);
}

TEST_F(DownloadTest, ServerThatLiesAboutTheLengthIsToldOf) {
  MemoryFiles()[url_].size = 6000;

  const absl::Status status = Download(url_).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("5000 bytes came, its server said 6000"));
}

TEST_F(DownloadTest, MissingFileIsTheBackendsError) {
  const absl::Status status = Download("mem://zoo/none.pth").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("mem://zoo/none.pth"));
}

TEST_F(DownloadTest, SchemeWithoutABackendNamesThoseThereAre) {
  const absl::Status status = Download("gopher://zoo/net.pth").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("gopher"), HasSubstr("file")));
}

TEST_F(DownloadTest, FileInTheFoldersPlaceIsNamed) {
  std::ofstream(::testing::TempDir() + "/file") << "x";
  DownloadOptions options;
  options.folder = ::testing::TempDir() + "/file/folder";

  const absl::Status status = Download(url_, options).status();

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr(options.folder));
}

class DownloadNoName : public ::testing::TestWithParam<const char*> {};

TEST_P(DownloadNoName, IsRefused) {
  const absl::Status status = Download(GetParam()).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no file's name"));
}

INSTANTIATE_TEST_SUITE_P(Urls, DownloadNoName,
                         ::testing::Values("", "net.pth", "https://host",
                                           "https://host/", "https://host/a/..",
                                           "https://host/?name=net.pth"));

TEST_F(DownloadTest, SecretsStayOutOfTheLog) {
  const std::string secret = "mem://me:password@zoo/" + name_ + "?token=abc";
  MemoryFiles() = {{secret, {bytes_}}};
  ASSERT_TRUE(Logger::Initialize({}).ok());
  CaptureStdout();

  ASSERT_TRUE(Download(secret).ok());

  EXPECT_THAT(
      GetCapturedStdout(),
      AllOf(HasSubstr("Downloading mem://zoo/" + name_ + "?token=*** to "),
            Not(HasSubstr("password")), Not(HasSubstr("token=abc"))));
}

TEST_F(DownloadTest, BarCountsMebibytes) {
  bytes_.assign((2 << 20) + 5, 'w');
  MemoryFiles() = {{"mem://zoo/large.pth", {bytes_}}};
  DownloadOptions options;
  options.progress = ShowBar::kAlways;
  CaptureStderr();

  ASSERT_TRUE(Download("mem://zoo/large.pth", options).ok());

  EXPECT_THAT(GetCapturedStderr(), HasSubstr("] 3/3, "));
}

TEST_F(DownloadTest, OneOfSeveralProcessesReads) {
  const int before = NumOpened();
  int start[2];
  ASSERT_EQ(pipe(start), 0);
  std::vector<pid_t> processes;
  for (int i = 0; i < 4; ++i) {
    const pid_t process = fork();
    if (process == 0) {
      close(start[1]);
      char byte;
      (void)!read(start[0], &byte, 1);  // until the parent closes it
      const auto path = Download(url_);
      _exit(path.ok() && ReadFile(*path) == bytes_ ? 0 : 1);
    }
    processes.push_back(process);
  }
  close(start[0]);
  close(start[1]);

  for (const pid_t process : processes) {
    int status;
    waitpid(process, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(NumOpened(), before + 1);
  EXPECT_EQ(NumFiles(torch_folder()), 1);
}

TEST_F(DownloadTest, ProcessKilledInTheMiddleLeavesTheNextAWayOn) {
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t process = fork();
  if (process == 0) {
    int num_reads = 0;
    MemoryFiles()[url_].before_read = [&] {
      if (++num_reads < 3) return;
      (void)!write(ready[1], "x", 1);
      pause();
    };
    (void)Download(url_);
    _exit(0);
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);

  const auto path = Download(url_);

  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(ReadFile(*path), bytes_);
  EXPECT_EQ(NumFiles(torch_folder()), 1);
}

TEST(HashInName, IsWhatTorchAndMmenginePublish) {
  EXPECT_EQ(HashInName("resnet50-0676ba61.pth"), "0676ba61");
  EXPECT_EQ(HashInName("vgg13-19584684.pth"), "19584684");
  EXPECT_EQ(HashInName("a_20210831-fbbb1da6.pth"), "fbbb1da6");
  EXPECT_EQ(HashInName("net-" + std::string(64, 'a') + ".tar.gz"),
            std::string(64, 'a'));
}

TEST(HashInName, DatesAndWordsAreNone) {
  EXPECT_EQ(HashInName("net-20210831.pth"), "");
  EXPECT_EQ(HashInName("net-0676ba6.pth"), "");
  EXPECT_EQ(HashInName("net-final.pth"), "");
  EXPECT_EQ(HashInName("0676ba61.pth"), "");
  EXPECT_EQ(HashInName("net-0676ba61"), "");
}

}  // namespace
}  // namespace anneal::hub
