#include "fileio/file_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "fileio/file_backend.h"

namespace anneal::fileio {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Says which operation it was asked for, of which path.
class EchoBackend : public FileBackend {
 public:
  std::string name() const override { return "EchoBackend"; }
  absl::StatusOr<std::string> Get(const std::string& path) const override {
    return path;
  }
  absl::Status Put(absl::string_view bytes,
                   const std::string& path) const override {
    put += absl::StrCat(bytes, " to ", path, "\n");
    return absl::OkStatus();
  }
  static inline std::string put;
  std::string JoinPath(absl::string_view path,
                       absl::string_view file) const override {
    return absl::StrCat(path, "+", file);
  }
  absl::StatusOr<std::string> CopyFileFromLocal(
      const std::string& from, const std::string& to) const override {
    return from + ">" + to;
  }
  absl::StatusOr<std::string> CopyFileToLocal(
      const std::string& from, const std::string& to) const override {
    return from + "<" + to;
  }
};

const BackendRegistration kEcho("echo",
                                [](const BackendArgs&) {
                                  return std::make_unique<EchoBackend>();
                                },
                                {"echo"});

TEST(FileClient, CopiesAFileToAnotherBackend) {
  const std::string path = ::testing::TempDir() + "/f.txt";
  ASSERT_TRUE(PutText("text", path).ok());

  EXPECT_EQ(*CopyFile(path, "echo://b/g"), "echo://b/g");
  EXPECT_EQ(EchoBackend::put, "text to echo://b/g\n");
  EXPECT_EQ(*CopyFile("echo://b/g", "file://" + path), "file://" + path);
  EXPECT_EQ(*GetText(path), "echo://b/g");
}

TEST(FileClient, WritesNoUriAsALocalFile) {
  const std::string path = ::testing::TempDir() + "/f.txt";
  ASSERT_TRUE(PutText("text", path).ok());
  BackendArgs local;
  (*local.mutable_fields())["backend"].set_string_value("local");

  for (const absl::Status& status :
       {CopyFile(path, "echo://b/g", local).status(),
        CopyFileToLocal(path, "echo://b/g").status(),
        CopyTree(::testing::TempDir() + "/", "echo://b/h", local).status(),
        CopyIfSymlinkFails(path, "echo://b/g", local).status(),
        Put("x", "echo://b/g", local)}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("it is a URI"));
  }
}

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
  EXPECT_EQ(*Get("echo://a/b"), "echo://a/b");
  EXPECT_EQ(*ReadAll(OpenInput("echo://a/b")->get()), "echo://a/b");
  EXPECT_EQ(JoinPath("echo://a", "b"), "echo://a+b");
  EXPECT_EQ(*CopyFileFromLocal("a", "echo://b"), "a>echo://b");
  EXPECT_EQ(*CopyFileToLocal("echo://b", "a"), "echo://b<a");
}

TEST(FileClient, PicksTheBackendByArguments) {
  BackendArgs args;
  (*args.mutable_fields())["backend"].set_string_value("echo");

  EXPECT_EQ(*Get("a", args), "a");
  EXPECT_EQ(*CopyFileFromLocal("a", "b", args), "a>b");
}

TEST(FileClient, CopiesLocally) {
  const std::string folder = ::testing::TempDir() + "/copies";
  RmTree(folder).IgnoreError();
  const std::string path = JoinPath(folder, "a/f");
  auto output = *OpenOutput(path);
  ASSERT_TRUE(output->Append("text").ok());
  ASSERT_TRUE(output->Close().ok());

  EXPECT_EQ(*CopyFile(path, folder), JoinPath(folder, "f"));
  EXPECT_EQ(*CopyTree(JoinPath(folder, "a"), JoinPath(folder, "b")),
            JoinPath(folder, "b"));
  EXPECT_TRUE(*CopyIfSymlinkFails(path, JoinPath(folder, "link")));
  EXPECT_EQ(*GetText(JoinPath(folder, "b/f")), "text");
  EXPECT_EQ(*GetText(JoinPath(folder, "link")), "text");
  EXPECT_EQ(GetLocalPath("file://" + path)->path(), path);
}

TEST(FileClient, SaysOfEachOperationWhichPrefixIsMissing) {
  for (const absl::Status& status : {Get("s9://a").status(),
                                     GetText("s9://a").status(),
                                     Put("", "s9://a"),
                                     PutText("", "s9://a"),
                                     OpenInput("s9://a").status(),
                                     OpenOutput("s9://a").status(),
                                     Exists("s9://a").status(),
                                     IsDir("s9://a").status(),
                                     IsFile("s9://a").status(),
                                     ListDirOrFile("s9://a").status(),
                                     GetLocalPath("s9://a").status(),
                                     CopyFile("s9://a", "b").status(),
                                     CopyFileFromLocal("a", "s9://b").status(),
                                     CopyFileToLocal("s9://a", "b").status(),
                                     CopyTree("s9://a", "b").status(),
                                     CopyTreeFromLocal("a", "s9://b").status(),
                                     CopyTreeToLocal("s9://a", "b").status(),
                                     CopyIfSymlinkFails("s9://a", "b").status(),
                                     Remove("s9://a"),
                                     RmTree("s9://a"),
                                     GeneratePresignedUrl("s9://a").status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("no backend for s9:// is linked"));
  }
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
