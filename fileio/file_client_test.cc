#include "fileio/file_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "fileio/file_backend.h"

namespace anneal::fileio {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Gives every path as its own bytes and can do nothing else.
class EchoBackend : public FileBackend {
 public:
  std::string name() const override { return "EchoBackend"; }
  absl::StatusOr<std::string> Get(const std::string& path) const override {
    return path;
  }
};

TEST(FileClient, UsesTheLocalBackendWithoutAPrefix) {
  const std::string folder = ::testing::TempDir() + "/client";
  const std::string path = JoinPath(folder, "f.txt");

  ASSERT_TRUE(PutText("text", path).ok());

  EXPECT_EQ(*GetText(path), "text");
  EXPECT_EQ(*Get("file://" + path), "text");
  EXPECT_TRUE(*Exists(path));
  EXPECT_TRUE(*IsFile(path));
  EXPECT_TRUE(*IsDir(folder));
  EXPECT_THAT(*ListDirOrFile(folder), ElementsAre("f.txt"));
  ASSERT_TRUE(Remove(path).ok());
  EXPECT_FALSE(*Exists(path));
  ASSERT_TRUE(RmTree(folder).ok());
  EXPECT_FALSE(*IsDir(folder));
}

TEST(FileClient, PicksTheBackendByThePrefix) {
  ASSERT_TRUE(
      RegisterFileBackend("echo", std::make_unique<EchoBackend>()).ok());

  EXPECT_EQ(*Get("echo://a/b"), "echo://a/b");
  EXPECT_EQ((*GetFileBackend("echo://a"))->name(), "EchoBackend");
}

TEST(FileClient, SaysWhatABackendLacks) {
  RegisterFileBackend("partial", std::make_unique<EchoBackend>()).IgnoreError();

  for (const absl::Status& status :
       {Put("x", "partial://a"), Exists("partial://a").status(),
        IsDir("partial://a").status(), IsFile("partial://a").status(),
        Remove("partial://a"), RmTree("partial://a"),
        ListDirOrFile("partial://a").status(), EchoBackend().CopyFile("a", "b"),
        EchoBackend().CopyTree("a", "b")}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(status.message(), HasSubstr("EchoBackend has no "));
  }
}

TEST(FileClient, TakesAPrefixOnce) {
  ASSERT_TRUE(
      RegisterFileBackend("once", std::make_unique<EchoBackend>()).ok());
  const absl::Status status =
      RegisterFileBackend("once", std::make_unique<EchoBackend>());

  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(status.message(), HasSubstr("once://"));
}

TEST(FileClient, ListsThePrefixesThereAre) {
  const absl::Status status = Get("s3://bucket/key").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("no backend for s3:// is linked"));
  EXPECT_THAT(status.message(), HasSubstr("file://"));
}

// By Python's os.path.join.
TEST(JoinPath, PutsOneSlashBetween) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("/", "b"), "/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(JoinPath("a", ""), "a/");
}

TEST(JoinPath, TakesAnAbsoluteFileAlone) {
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
}

}  // namespace
}  // namespace anneal::fileio
