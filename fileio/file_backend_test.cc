#include "fileio/file_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "fileio/local/local_backend.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The fewest operations from which all copies can be made.
class MapBackend : public FileBackend {
 public:
  std::string name() const override { return "MapBackend"; }
  absl::StatusOr<std::string> Get(const std::string& path) const override {
    auto it = files_.find(path);
    if (it == files_.end()) return absl::NotFoundError(path + ": none");
    return it->second;
  }
  absl::Status Put(absl::string_view bytes,
                   const std::string& path) const override {
    files_[path] = std::string(bytes);
    return absl::OkStatus();
  }
  absl::StatusOr<bool> Exists(const std::string& path) const override {
    return files_.count(path) > 0 || *IsDir(path);
  }
  absl::StatusOr<bool> IsFile(const std::string& path) const override {
    return files_.count(path) > 0;
  }
  absl::StatusOr<bool> IsDir(const std::string& path) const override {
    for (const auto& [name, bytes] : files_) {
      if (absl::StartsWith(name, path + "/")) return true;
    }
    return false;
  }
  absl::StatusOr<std::vector<std::string>> ListDirOrFile(
      const std::string& path, const ListOptions&) const override {
    std::vector<std::string> names;
    for (const auto& [name, bytes] : files_) {
      if (absl::StartsWith(name, path + "/")) {
        names.push_back(name.substr(path.size() + 1));
      }
    }
    return names;
  }

  mutable std::map<std::string, std::string> files_;
};

// Gives every path as its own bytes and can do nothing else.
class EchoBackend : public FileBackend {
 public:
  std::string name() const override { return "EchoBackend"; }
  absl::StatusOr<std::string> Get(const std::string& path) const override {
    return path;
  }
};

class FileBackendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = ::testing::TempDir() + "/" +
              ::testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  std::string In(const std::string& name) const { return folder_ + "/" + name; }

  MapBackend backend_;
  const LocalBackend local_;
  std::string folder_;
};

TEST_F(FileBackendTest, SaysWhatABackendLacks) {
  const EchoBackend echo;
  for (const absl::Status& status :
       {echo.Put("x", "a"), echo.Exists("a").status(), echo.IsDir("a").status(),
        echo.IsFile("a").status(), echo.Remove("a"), echo.RmTree("a"),
        echo.ListDirOrFile("a", {}).status(), echo.CopyFile("a", "b").status(),
        echo.CopyTree("a", "b").status(),
        echo.CopyIfSymlinkFails("a", "b").status(),
        echo.GeneratePresignedUrl("a").status(),
        echo.CopyFileFromLocal("/dev/null", "b").status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("EchoBackend has no "));
  }
}

TEST_F(FileBackendTest, StreamsWhatGetGives) {
  auto input = *EchoBackend().OpenInput("name");

  EXPECT_EQ(input->size(), 4);
  EXPECT_EQ(*ReadAll(input.get()), "name");
}

TEST_F(FileBackendTest, PutsAStreamWhenItIsClosed) {
  auto output = *backend_.OpenOutput("f");
  ASSERT_TRUE(output->Append("a").ok());
  ASSERT_TRUE(output->Append("b").ok());

  EXPECT_FALSE(*backend_.Exists("f"));
  ASSERT_TRUE(output->Close().ok());
  EXPECT_EQ(*backend_.Get("f"), "ab");
}

TEST_F(FileBackendTest, RefusesTextThatIsNotUtf8) {
  backend_.files_["f"] = "caf\xe9";
  const absl::Status status = backend_.GetText("f").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), StartsWith("f: "));
  EXPECT_THAT(std::string(status.message()), HasSubstr("no UTF-8 text"));
}

TEST_F(FileBackendTest, CopiesAFile) {
  backend_.files_ = {{"a/f", "1"}, {"b/g", "2"}};

  EXPECT_EQ(*backend_.CopyFile("a/f", "c"), "c");
  EXPECT_EQ(*backend_.CopyFile("a/f", "b"), "b/f");
  EXPECT_EQ(backend_.files_["c"], "1");
  EXPECT_EQ(backend_.files_["b/f"], "1");
}

TEST_F(FileBackendTest, RefusesToCopyAFileToItself) {
  backend_.files_["a/f"] = "1";

  for (const char* to : {"a/f", "a"}) {
    const absl::Status status = backend_.CopyFile("a/f", to).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("to itself"));
  }
}

TEST_F(FileBackendTest, CopiesFilesFromAndToThisMachine) {
  ASSERT_TRUE(local_.Put("local", In("f")).ok());
  backend_.files_["b/g"] = "far";

  EXPECT_EQ(*backend_.CopyFileFromLocal(In("f"), "b"), "b/f");
  EXPECT_EQ(*backend_.CopyFileToLocal("b/g", folder_), In("g"));
  EXPECT_EQ(*backend_.CopyFileToLocal("b/g", In("new/h")), In("new/h"));

  EXPECT_EQ(backend_.files_["b/f"], "local");
  EXPECT_EQ(*local_.Get(In("g")), "far");
  EXPECT_EQ(*local_.Get(In("new/h")), "far");
}

TEST_F(FileBackendTest, CopiesTrees) {
  backend_.files_ = {{"a/f", "1"}, {"a/b/g", "2"}};

  EXPECT_EQ(*backend_.CopyTree("a", "c"), "c");
  EXPECT_EQ(*backend_.CopyTreeToLocal("c", In("d")), In("d"));
  EXPECT_EQ(*backend_.CopyTreeFromLocal(In("d"), "e"), "e");

  EXPECT_EQ(*local_.Get(In("d/b/g")), "2");
  EXPECT_EQ(backend_.files_["e/f"], "1");
  EXPECT_EQ(backend_.files_["e/b/g"], "2");
}

TEST_F(FileBackendTest, CopiesATreeToAFreePlaceOnly) {
  backend_.files_ = {{"a/f", "1"}, {"b", "2"}};

  for (const absl::Status& status :
       {backend_.CopyTree("a", "b").status(),
        backend_.CopyTreeFromLocal(folder_, "a").status(),
        backend_.CopyTreeToLocal("a", folder_).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
    EXPECT_THAT(std::string(status.message()), HasSubstr("copy a tree to"));
  }
}

class NamesThatLeadOut : public FileBackendTest,
                         public ::testing::WithParamInterface<const char*> {};

TEST_P(NamesThatLeadOut, AreRefusedBeforeAnythingIsWritten) {
  fs::remove_all(folder_);
  fs::create_directories(folder_);
  backend_.files_ = {{"a/0", "1"}, {std::string("a/") + GetParam(), "2"}};

  for (const absl::Status& status :
       {backend_.CopyTreeToLocal("a", In("b/c")).status(),
        backend_.CopyTree("a", "d").status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("no place below a folder"));
  }
  EXPECT_TRUE(fs::is_empty(folder_));
  EXPECT_EQ(backend_.files_.size(), 2);
}

INSTANTIATE_TEST_SUITE_P(All, NamesThatLeadOut,
                         ::testing::Values("../f", "/f", "b//f", "b/./f",
                                           "b/../../f", "..", "b/"));

TEST_F(FileBackendTest, CopiesATreeThroughLinks) {
  ASSERT_TRUE(local_.Put("1", In("other/f")).ok());
  fs::create_directories(In("tree"));
  fs::create_symlink(In("other"), In("tree/b"));
  ASSERT_TRUE(backend_.CopyTreeFromLocal(In("tree"), "a").ok());
  fs::create_symlink(In("none"), In("tree/lost"));
  const absl::Status status =
      backend_.CopyTreeFromLocal(In("tree"), "c").status();

  EXPECT_THAT(backend_.files_, ElementsAre(std::make_pair("a/b/f", "1")));
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("tree/lost"));
}

TEST_F(FileBackendTest, CopiesWhereItHasNoLinks) {
  backend_.files_ = {{"a/f", "1"}};

  EXPECT_FALSE(*backend_.CopyIfSymlinkFails("a/f", "g"));
  EXPECT_FALSE(*backend_.CopyIfSymlinkFails("a", "b"));
  EXPECT_EQ(backend_.files_["g"], "1");
  EXPECT_EQ(backend_.files_["b/f"], "1");
}

TEST_F(FileBackendTest, GivesALocalCopy) {
  backend_.files_["a/f.txt"] = "1";
  const LocalPath local = *backend_.GetLocalPath("a/f.txt");

  EXPECT_EQ(fs::path(local.path()).filename(), "f.txt");
  EXPECT_EQ(*local_.Get(local.path()), "1");
  EXPECT_TRUE(absl::IsNotFound(backend_.GetLocalPath("none").status()));
}

}  // namespace
}  // namespace anneal
