#include "fileio/local/local_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <utility>

namespace anneal {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class LocalPathTest : public ::testing::Test {
 protected:
  void SetUp() override { setenv("TMPDIR", ::testing::TempDir().c_str(), 1); }
  void TearDown() override { unsetenv("TMPDIR"); }
};

TEST_F(LocalPathTest, DeletesACopyWithTheObject) {
  std::string path;
  {
    LocalPath first = *LocalPath::MakeTemporary("s3://bucket/a/b.pth");
    const LocalPath moved = std::move(first);
    path = moved.path();
    std::ofstream(path) << "x";
    EXPECT_TRUE(fs::exists(path));
  }

  EXPECT_THAT(path, EndsWith("/b.pth"));
  EXPECT_FALSE(fs::exists(fs::path(path).parent_path()));
}

TEST_F(LocalPathTest, LeavesABorrowedFile) {
  const std::string path = ::testing::TempDir() + "/borrowed";
  std::ofstream(path) << "x";
  { const LocalPath local = LocalPath::Borrow(path); }

  EXPECT_TRUE(fs::exists(path));
}

TEST_F(LocalPathTest, NamesWhatHasNoName) {
  for (const char* name : {"", "a/", "..", "."}) {
    EXPECT_THAT(LocalPath::MakeTemporary(name)->path(), EndsWith("/file"));
  }
}

TEST_F(LocalPathTest, KeepsTheEndOfALongName) {
  const LocalPath local =
      *LocalPath::MakeTemporary(std::string(300, 'x') + ".npy");

  EXPECT_THAT(local.path(), EndsWith("x.npy"));
  EXPECT_THAT(fs::path(local.path()).filename().string(), SizeIs(128));
}

TEST_F(LocalPathTest, SaysWhereItCanNotWrite) {
  setenv("TMPDIR", "/nowhere", 1);
  const absl::Status status = LocalPath::MakeTemporary("f").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("/nowhere/anneal-"));
}

}  // namespace
}  // namespace anneal
