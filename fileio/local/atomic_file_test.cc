#include "fileio/local/atomic_file.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace anneal {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

std::string Contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

// In a folder of its own, with an older file at path().
class AtomicFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    std::ofstream(path()) << "old";
  }

  std::string path() const { return (folder_ / "f.pth").string(); }

  int NumFiles() const {
    return std::distance(fs::directory_iterator(folder_),
                         fs::directory_iterator());
  }

  fs::path folder_;
};

TEST_F(AtomicFileTest, ReplacesTheFileAtCommit) {
  auto file = AtomicFile::Create(path());
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append("new ").ok());
  ASSERT_TRUE((*file)->Append(std::string("b\0ytes", 6)).ok());
  EXPECT_EQ((*file)->size(), 10);
  EXPECT_EQ(Contents(path()), "old");

  ASSERT_TRUE((*file)->Commit().ok());

  EXPECT_EQ(Contents(path()), std::string("new b\0ytes", 10));
  EXPECT_EQ(NumFiles(), 1);
}

TEST_F(AtomicFileTest, LeavesNothingWithoutCommit) {
  {
    auto file = AtomicFile::Create(path());
    ASSERT_TRUE(file.ok()) << file.status();
    ASSERT_TRUE((*file)->Append("half").ok());
  }

  EXPECT_EQ(Contents(path()), "old");
  EXPECT_EQ(NumFiles(), 1);
}

TEST_F(AtomicFileTest, LeavesTheOldFileWhenItsProcessIsKilled) {
  const pid_t child = fork();
  if (child == 0) {
    auto file = AtomicFile::Create(path());
    if (file.ok() && (*file)->Append("half").ok()) raise(SIGKILL);
    _exit(1);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));

  EXPECT_EQ(Contents(path()), "old");
  const int unnamed = open(folder_.c_str(), O_TMPFILE | O_WRONLY, 0600);
  if (unnamed >= 0) {
    EXPECT_EQ(NumFiles(), 1);
  }
  close(unnamed);
}

TEST_F(AtomicFileTest, IsWholeWhereThreadsReplaceIt) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 50; ++i) {
        auto file = *AtomicFile::Create(path());
        ASSERT_TRUE(file->Append(std::string(1000, 'a' + t)).ok());
        const absl::Status status = file->Commit();
        ASSERT_TRUE(status.ok()) << status;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  const std::string contents = Contents(path());
  EXPECT_EQ(contents, std::string(1000, contents[0]));
  EXPECT_EQ(NumFiles(), 1);
}

TEST_F(AtomicFileTest, TakesTheLongestNames) {
  const std::string longest = (folder_ / std::string(255, 'x')).string();
  auto file = *AtomicFile::Create(longest);
  ASSERT_TRUE(file->Append("new").ok());
  ASSERT_TRUE(file->Commit().ok());

  EXPECT_EQ(Contents(longest), "new");
}

TEST_F(AtomicFileTest, HasItsRightsFromTheFirstByte) {
  const mode_t umask_before = umask(0077);
  auto file = *AtomicFile::Create(path(), 0640);
  umask(umask_before);
  ASSERT_TRUE(file->Append("new").ok());
  ASSERT_TRUE(file->Commit().ok());
  struct stat info;
  ASSERT_EQ(stat(path().c_str(), &info), 0);

  EXPECT_EQ(info.st_mode & 07777, 0640);
}

TEST_F(AtomicFileTest, RefusesAUri) {
  const absl::Status status = AtomicFile::Create("s3://bucket/f").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("s3://bucket/f as a local file"));
  EXPECT_FALSE(fs::exists("s3:"));
}

TEST_F(AtomicFileTest, MakesTheFoldersAbove) {
  const std::string deep = (folder_ / "a" / "b" / "f").string();
  auto file = AtomicFile::Create(deep);
  ASSERT_TRUE(file.ok()) << file.status();
  ASSERT_TRUE((*file)->Append("x").ok());
  ASSERT_TRUE((*file)->Commit().ok());

  EXPECT_EQ(Contents(deep), "x");
}

TEST_F(AtomicFileTest, SaysThatTheDiskIsFull) {
  // A limit on files' sizes stands in for a full disk: write() fails alike.
  struct rlimit before;
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const struct rlimit small = {4096, before.rlim_max};
  auto* const handler = signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  absl::Status status;
  {
    auto file = AtomicFile::Create(path());
    ASSERT_TRUE(file.ok()) << file.status();
    status = (*file)->Append(std::string(5000, 'x'));
    // There is room again, but the file has a gap.
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
    EXPECT_EQ((*file)->Append("y"), status);
    EXPECT_EQ((*file)->Commit(), status);
  }
  signal(SIGXFSZ, handler);

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(status.message(), HasSubstr("make room"));
  EXPECT_THAT(status.message(), HasSubstr(path()));
  EXPECT_EQ(Contents(path()), "old");
  EXPECT_EQ(NumFiles(), 1);
}

// Takes root's power to write anywhere from this thread while it lives.
class WithoutOverride {
 public:
  WithoutOverride() {
    EXPECT_EQ(syscall(SYS_capget, &header_, before_), 0);
    __user_cap_data_struct less[2] = {before_[0], before_[1]};
    less[0].effective &= ~(1u << CAP_DAC_OVERRIDE);
    EXPECT_EQ(syscall(SYS_capset, &header_, less), 0);
  }
  ~WithoutOverride() { syscall(SYS_capset, &header_, before_); }

 private:
  __user_cap_header_struct header_ = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct before_[2] = {};
};

TEST_F(AtomicFileTest, SaysThatTheFolderIsReadOnly) {
  ASSERT_EQ(chmod(folder_.c_str(), 0555), 0);
  absl::Status status;
  {
    const WithoutOverride plain_user;
    status = AtomicFile::Create(path()).status();
  }
  ASSERT_EQ(chmod(folder_.c_str(), 0755), 0);

  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(status.message(), HasSubstr("choose a place you may write to"));
  EXPECT_EQ(Contents(path()), "old");
}

TEST_F(AtomicFileTest, SaysThatAFileIsInTheWayOfItsFolder) {
  const absl::Status status = AtomicFile::Create(path() + "/f").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(status.message(), HasSubstr("a file is in the way"));
}

TEST_F(AtomicFileTest, SaysThatAFolderIsInItsPlace) {
  const std::string taken = (folder_ / "taken").string();
  fs::create_directories(taken);
  auto file = AtomicFile::Create(taken);
  ASSERT_TRUE(file.ok()) << file.status();

  const absl::Status status = (*file)->Commit();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("name a file, not a folder"));
}

TEST(SyncFolder, SyncsAFolder) {
  EXPECT_TRUE(SyncFolder(::testing::TempDir()).ok());
}

// procfs answers EINVAL, as CIFS and some of FUSE do.
TEST(SyncFolder, OfAFileSystemThatCannotIsOk) {
  const int fd = open("/proc", O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(fsync(fd), -1);
  ASSERT_EQ(errno, EINVAL);
  close(fd);

  EXPECT_TRUE(SyncFolder("/proc").ok());
}

TEST(SyncFolder, ThatIsMissingIsNotFound) {
  const absl::Status status = SyncFolder("/no/such/folder");

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("can't sync the folder /no/such"));
}

}  // namespace
}  // namespace anneal
