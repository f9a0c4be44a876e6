#include "fileio/local/local_backend.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/types/optional.h"
#include "tests/support/unprivileged.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class LocalBackendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
  }

  std::string In(const std::string& name) const { return folder_ + "/" + name; }
  void Put(const std::string& name, const std::string& bytes = "x") {
    ASSERT_TRUE(backend_.Put(bytes, In(name)).ok());
  }
  std::vector<std::string> List(const ListOptions& options) {
    return *backend_.ListDirOrFile(folder_, options);
  }

  const LocalBackend backend_;
  std::string folder_;
};

TEST_F(LocalBackendTest, GetsWhatWasPut) {
  const std::string bytes(3 << 20, '\0');
  Put("a/b", bytes);

  EXPECT_EQ(*backend_.Get(In("a/b")), bytes);
  EXPECT_EQ(*backend_.Get("file://" + In("a/b")), bytes);
}

TEST_F(LocalBackendTest, SaysThatAFileIsMissing) {
  for (const absl::Status& status :
       {backend_.Get(In("none")).status(), backend_.Remove(In("none")),
        backend_.RmTree(In("none")),
        backend_.CopyFile(In("none"), In("b")).status(),
        backend_.CopyTree(In("none"), In("b")).status(),
        backend_.ListDirOrFile(In("none"), {}).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(status.message(), HasSubstr(In("none")));
  }
}

TEST_F(LocalBackendTest, TellsFilesFromFolders) {
  Put("a/b");

  EXPECT_TRUE(*backend_.Exists(In("a")));
  EXPECT_TRUE(*backend_.IsDir(In("a")));
  EXPECT_FALSE(*backend_.IsFile(In("a")));
  EXPECT_TRUE(*backend_.Exists(In("a/b")));
  EXPECT_FALSE(*backend_.IsDir(In("a/b")));
  EXPECT_TRUE(*backend_.IsFile(In("a/b")));
}

TEST_F(LocalBackendTest, TellsWhatIsNotThere) {
  Put("a");

  for (const char* name : {"none", "none/b", "a/b"}) {
    EXPECT_FALSE(*backend_.Exists(In(name))) << name;
    EXPECT_FALSE(*backend_.IsDir(In(name))) << name;
    EXPECT_FALSE(*backend_.IsFile(In(name))) << name;
  }
}

TEST_F(LocalBackendTest, SaysWhenItCanNotTell) {
  Put("a");
  const std::string long_name(300, 'x');
  const absl::Status status = backend_.Exists(In(long_name)).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("choose a shorter path"));
}

TEST_F(LocalBackendTest, CopiesATreeToAFreePlaceOnly) {
  Put("a/b/c", "deep");
  Put("taken");

  ASSERT_TRUE(backend_.CopyTree(In("a"), In("copy")).ok());
  const absl::Status status = backend_.CopyTree(In("a"), In("taken")).status();

  EXPECT_EQ(*backend_.Get(In("copy/b/c")), "deep");
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(LocalBackendTest, CopiesIntoAFolder) {
  Put("a/f", "1");
  Put("b/g");

  EXPECT_EQ(*backend_.CopyFile("file://" + In("a/f"), In("b")), In("b/f"));
  EXPECT_EQ(*backend_.Get(In("b/f")), "1");
}

TEST_F(LocalBackendTest, CopiesTheRightToExecute) {
  Put("a");
  fs::permissions(In("a"), fs::perms::owner_all);

  ASSERT_TRUE(backend_.CopyFile(In("a"), In("b")).ok());

  EXPECT_EQ(fs::status(In("b")).permissions(), fs::perms::owner_all);
}

TEST_F(LocalBackendTest, RefusesToCopyAFileToItself) {
  Put("a", "kept");
  fs::create_symlink("a", In("link"));

  for (const std::string& to : {In("a"), In("link"), folder_}) {
    const absl::Status status = backend_.CopyFile(In("a"), to).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("to itself"));
  }
  EXPECT_EQ(*backend_.Get(In("a")), "kept");
}

TEST_F(LocalBackendTest, CopiesATreeIntoItselfOnce) {
  Put("a/f", "1");
  fs::create_directory(In("a/empty"));

  EXPECT_EQ(*backend_.CopyTree(In("a"), In("a/b")), In("a/b"));

  EXPECT_EQ(*backend_.Get(In("a/b/f")), "1");
  EXPECT_TRUE(fs::is_directory(In("a/b/empty")));
  EXPECT_FALSE(fs::exists(In("a/b/b")));
}

TEST_F(LocalBackendTest, CopiesWhatLinksLeadTo) {
  Put("a/f", "1");
  Put("b/g", "2");
  fs::create_symlink("f", In("a/link"));
  fs::create_directory_symlink(In("b"), In("a/folder"));

  ASSERT_TRUE(backend_.CopyTree(In("a"), In("c")).ok());

  EXPECT_FALSE(fs::is_symlink(In("c/link")));
  EXPECT_EQ(*backend_.Get(In("c/link")), "1");
  EXPECT_EQ(*backend_.Get(In("c/folder/g")), "2");
}

TEST_F(LocalBackendTest, LinksOrCopies) {
  Put("a/f", "1");
  Put("taken", "2");

  EXPECT_TRUE(*backend_.CopyIfSymlinkFails(In("a/f"), In("link")));
  EXPECT_FALSE(*backend_.CopyIfSymlinkFails(In("a/f"), In("taken")));
  EXPECT_TRUE(fs::is_symlink(In("link")));
  EXPECT_EQ(*backend_.Get(In("taken")), "1");
  const absl::Status status =
      backend_.CopyIfSymlinkFails(In("a"), In("taken")).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
}

TEST_F(LocalBackendTest, GivesTheLocalPathItself) {
  Put("a");
  {
    const LocalPath local = *backend_.GetLocalPath("file://" + In("a"));
    EXPECT_EQ(local.path(), In("a"));
  }
  EXPECT_TRUE(fs::exists(In("a")));
}

TEST_F(LocalBackendTest, GetsTextWithPythonsLineEnds) {
  Put("a", "1\r\n2\r3\n\r\r\n");

  EXPECT_EQ(*backend_.GetText(In("a")), "1\n2\n3\n\n\n");
}

TEST_F(LocalBackendTest, RemovesNoFileAsATree) {
  Put("a");
  const absl::Status status = backend_.RmTree(In("a"));

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("it is no folder"));
  EXPECT_TRUE(fs::exists(In("a")));
}

TEST_F(LocalBackendTest, RemovesFilesAndTrees) {
  Put("a/b");
  Put("c");

  EXPECT_TRUE(backend_.Remove(In("c")).ok());
  EXPECT_FALSE(backend_.Remove(In("a")).ok());
  EXPECT_TRUE(backend_.RmTree(In("a")).ok());

  EXPECT_THAT(List({}), ElementsAre());
}

TEST_F(LocalBackendTest, ListsSortedAndWithoutHiddenOnes) {
  Put("b");
  Put("a/c.pth");
  Put(".hidden/d");
  Put("a/.e");

  EXPECT_THAT(List({}), ElementsAre("a", "b"));
  ListOptions options;
  options.recursive = true;
  EXPECT_THAT(List(options), ElementsAre("a", "a/c.pth", "b"));
}

TEST_F(LocalBackendTest, ListsWhatIsAskedFor) {
  Put("a/c.pth");
  Put("b.pth");
  Put("d.log");

  ListOptions files;
  files.list_dir = false;
  EXPECT_THAT(List(files), ElementsAre("b.pth", "d.log"));
  ListOptions folders;
  folders.list_file = false;
  EXPECT_THAT(List(folders), ElementsAre("a"));
  ListOptions weights;
  weights.recursive = true;
  weights.suffix = ".pth";
  EXPECT_THAT(List(weights), ElementsAre("a/c.pth", "b.pth"));
}

TEST_F(LocalBackendTest, ListsLinksButGoesThroughNone) {
  Put("a/b");
  fs::create_directory_symlink(In("a"), In("a/loop"));
  fs::create_symlink("nowhere", In("broken"));
  ListOptions options;
  options.recursive = true;

  EXPECT_THAT(List(options), ElementsAre("a", "a/b", "a/loop", "broken"));
}

// -- A path through a file: nothing is in the way of who only reads.

TEST_F(LocalBackendTest, ReadingThroughAFileIsNotFound) {
  Put("file");

  for (const absl::Status& status :
       {backend_.Get(In("file/below")).status(),
        backend_.ListDirOrFile(In("file"), {}).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(status.message()), HasSubstr("a file stands"));
  }
}

// -- A disk that is full or read-only: a small one, mounted for this test.

class SmallDiskTest : public LocalBackendTest {
 protected:
  void SetUp() override {
    LocalBackendTest::SetUp();
    fs::create_directories(folder_);
    // In a mount namespace of its own, which goes with the program.
    is_mounted_ =
        unshare(CLONE_NEWNS) == 0 &&
        mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
        mount("tmpfs", folder_.c_str(), "tmpfs", 0, "size=256k") == 0;
    if (!is_mounted_) GTEST_SKIP() << "only root may mount";
  }
  void TearDown() override {
    if (is_mounted_) umount(folder_.c_str());
  }

  bool is_mounted_ = false;
};

TEST_F(SmallDiskTest, ThatIsFullKeepsTheOlderFile) {
  Put("a", "older");
  Put("b/large", std::string(150 << 10, 'x'));
  const std::string large(1 << 20, 'x');
  auto output = *backend_.OpenOutput(In("a"));

  for (const absl::Status& status :
       {backend_.Put(large, In("a")), output->Append(large),
        backend_.CopyFile("/proc/kallsyms", In("a")).status(),
        backend_.CopyTree(In("b"), In("c")).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("make room on the disk"));
  }
  EXPECT_EQ(*backend_.Get(In("a")), "older");
}

TEST_F(SmallDiskTest, ThatIsReadOnlyRefusesWrites) {
  Put("a", "older");
  Put("tree/f");
  ASSERT_EQ(
      mount("tmpfs", folder_.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, nullptr),
      0);

  for (const absl::Status& status :
       {backend_.Put("newer", In("a")), backend_.OpenOutput(In("b")).status(),
        backend_.Put("x", In("new/b")), backend_.Remove(In("a")),
        backend_.RmTree(In("tree")),
        backend_.CopyFile(In("a"), In("b")).status(),
        backend_.CopyTree(In("tree"), In("b")).status(),
        backend_.CopyIfSymlinkFails(In("a"), In("b")).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("choose a place you may write to"));
  }
  EXPECT_EQ(*backend_.Get(In("a")), "older");
}

// -- A folder where a file is due, and a file that may not be read.

TEST_F(LocalBackendTest, SaysThatAFolderIsNoFile) {
  Put("a/f");

  for (const absl::Status& status :
       {backend_.Get(In("a")).status(), backend_.GetText(In("a")).status(),
        backend_.OpenInput(In("a")).status(), backend_.Put("x", In("a")),
        backend_.Remove(In("a")),
        backend_.CopyFile(In("a"), In("b")).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("name a file, not a folder"));
  }
  EXPECT_TRUE(fs::exists(In("a/f")));
}

TEST_F(LocalBackendTest, SaysThatAFileMayNotBeRead) {
  Put("a");
  Put("b/f");
  fs::permissions(In("a"), fs::perms::none);
  fs::permissions(In("b"), fs::perms::none);
  ASSERT_EQ(chmod(folder_.c_str(), 0777), 0);
  const int before = open(".", O_RDONLY | O_DIRECTORY);
  ASSERT_EQ(chdir(folder_.c_str()), 0);
  absl::optional<Unprivileged> user;
  user.emplace();
  const std::vector<absl::Status> statuses = {
      backend_.Get("a").status(),
      backend_.OpenInput("a").status(),
      backend_.Get("b/f").status(),
      backend_.Exists("b/f").status(),
      backend_.ListDirOrFile("b", {}).status(),
      backend_.CopyFile("a", "c").status(),
      backend_.CopyTree("b", "c").status()};
  user.reset();
  ASSERT_EQ(fchdir(before), 0);
  close(before);
  fs::permissions(In("b"), fs::perms::owner_all);

  for (const absl::Status& status : statuses) {
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied) << status;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("ask for the right to read it"));
  }
}

}  // namespace
}  // namespace anneal
