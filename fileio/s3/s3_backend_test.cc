#include "fileio/s3/s3_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fileio/backend_args.h"
#include "fileio/file_client.h"
#include "fileio/local/local_backend.h"
#include "fileio/s3/s3_test_server.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class S3BackendTest : public ::testing::Test {
 protected:
  void Put(const std::string& path, const std::string& bytes = "x") {
    const absl::Status status = backend_->Put(bytes, path);
    ASSERT_TRUE(status.ok()) << status;
  }
  std::vector<std::string> List(const std::string& path,
                                const ListOptions& options = {}) {
    const auto names = backend_->ListDirOrFile(path, options);
    EXPECT_TRUE(names.ok()) << names.status();
    return names.ok() ? *names : std::vector<std::string>();
  }

  // Three names a page, so that each list is of several.
  const S3TestServer server_{{"--page", "3"}};
  const std::unique_ptr<S3Backend> backend_ = server_.Backend();
};

TEST_F(S3BackendTest, GetsWhatWasPut) {
  Put("s3://bucket/a/b c", PatternBytes(10500));

  EXPECT_EQ(*backend_->Get("s3://bucket/a/b c"), PatternBytes(10500));
  EXPECT_EQ(backend_->GetText("s3://bucket/a/b c").status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(S3BackendTest, TellsFilesFromFolders) {
  Put("s3://bucket/a/b");

  EXPECT_TRUE(*backend_->IsFile("s3://bucket/a/b"));
  EXPECT_FALSE(*backend_->IsDir("s3://bucket/a/b"));
  for (const char* folder :
       {"s3://bucket/a", "s3://bucket/a/", "s3://bucket", "s3://bucket/"}) {
    EXPECT_TRUE(*backend_->IsDir(folder)) << folder;
    EXPECT_FALSE(*backend_->IsFile(folder)) << folder;
    EXPECT_TRUE(*backend_->Exists(folder)) << folder;
  }
}

TEST_F(S3BackendTest, TellsWhatIsNotThere) {
  Put("s3://bucket/ab");

  for (const char* path :
       {"s3://bucket/a", "s3://none", "s3://none/a", "s3://bucket/ab/c"}) {
    EXPECT_FALSE(*backend_->Exists(path)) << path;
    EXPECT_FALSE(*backend_->IsDir(path)) << path;
    EXPECT_FALSE(*backend_->IsFile(path)) << path;
  }
  for (const absl::Status& status :
       {backend_->Get("s3://bucket/a").status(),
        backend_->Remove("s3://bucket/a"), backend_->RmTree("s3://bucket/a"),
        backend_->CopyFile("s3://bucket/a", "s3://bucket/c").status(),
        backend_->CopyTree("s3://bucket/a", "s3://bucket/c").status(),
        backend_->ListDirOrFile("s3://bucket/a", {}).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
    EXPECT_THAT(status.message(), HasSubstr("s3://bucket/a"));
  }
}

TEST_F(S3BackendTest, ListsOneFolderByPages) {
  for (const char* key : {"d/1", "d/2", "d/a/3", "d/a/4", "d/b/c/5", "d/6",
                          "d/7", "d/.hidden", "e"}) {
    Put(absl::StrCat("s3://bucket/", key));
  }
  EXPECT_THAT(List("s3://bucket/d"),
              ElementsAre(".hidden", "1", "2", "6", "7", "a", "b"));
  EXPECT_THAT(List("s3://bucket"), ElementsAre("d", "e"));
  ListOptions files;
  files.list_dir = false;
  EXPECT_THAT(List("s3://bucket/d/", files),
              ElementsAre(".hidden", "1", "2", "6", "7"));
}

TEST_F(S3BackendTest, ListsTreesWithTheirFolders) {
  for (const char* key : {"d/1.pth", "d/a/3.pth", "d/b/c/5.log"}) {
    Put(absl::StrCat("s3://bucket/", key));
  }
  ListOptions all;
  all.recursive = true;
  EXPECT_THAT(List("s3://bucket/d", all),
              ElementsAre("1.pth", "a", "a/3.pth", "b", "b/c", "b/c/5.log"));
  ListOptions weights;
  weights.recursive = true;
  weights.suffix = ".pth";
  EXPECT_THAT(List("s3://bucket/d", weights), ElementsAre("1.pth", "a/3.pth"));
}

TEST_F(S3BackendTest, ListsAnEmptyBucketAndAFoldersMarker) {
  EXPECT_THAT(List("s3://other"), IsEmpty());
  // What consoles make for an empty folder.
  Put("s3://bucket/marked/");
  EXPECT_THAT(List("s3://bucket/marked"), IsEmpty());
  EXPECT_THAT(List("s3://bucket"), ElementsAre("marked"));
  EXPECT_EQ(backend_->ListDirOrFile("s3://none", {}).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(S3BackendTest, CopiesFilesByTheServer) {
  Put("s3://bucket/a", "x");
  Put("s3://bucket/folder/b", "y");

  EXPECT_EQ(*backend_->CopyFile("s3://bucket/a", "s3://other/c"),
            "s3://other/c");
  EXPECT_EQ(*backend_->CopyFile("s3://bucket/a", "s3://bucket/folder"),
            "s3://bucket/folder/a");
  EXPECT_EQ(*backend_->Get("s3://other/c"), "x");
  EXPECT_EQ(*backend_->Get("s3://bucket/folder/a"), "x");
  const absl::Status self =
      backend_->CopyFile("s3://bucket/a", "s3://bucket/a").status();
  EXPECT_EQ(self.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(self.message(), HasSubstr("to itself"));
}

TEST_F(S3BackendTest, CopiesBetweenClustersByStreams) {
  Put("one:s3://bucket/a", PatternBytes(5500));

  EXPECT_EQ(*backend_->CopyFile("one:s3://bucket/a", "two:s3://bucket/b"),
            "two:s3://bucket/b");
  EXPECT_EQ(*backend_->Get("s3://bucket/b"), PatternBytes(5500));
}

TEST_F(S3BackendTest, CopiesTreesToAFreePlaceOnly) {
  for (int i = 0; i < 8; ++i) Put(absl::StrCat("s3://bucket/a/", i, "/f"));
  Put("s3://bucket/taken");

  EXPECT_EQ(*backend_->CopyTree("s3://bucket/a", "s3://other/b"),
            "s3://other/b");
  EXPECT_EQ(List("s3://other/b").size(), 8);
  EXPECT_TRUE(*backend_->IsFile("s3://other/b/7/f"));
  EXPECT_EQ(
      backend_->CopyTree("s3://bucket/a", "s3://bucket/taken").status().code(),
      absl::StatusCode::kAlreadyExists);
}

TEST_F(S3BackendTest, CopiesFromAndToThisMachine) {
  const std::string folder = ::testing::TempDir() + "/tree";
  fs::remove_all(folder);
  fs::remove_all(folder + "_back");
  ASSERT_TRUE(LocalBackend().Put("x", folder + "/a/b").ok());
  ASSERT_TRUE(LocalBackend().Put(PatternBytes(5500), folder + "/c").ok());

  ASSERT_TRUE(backend_->CopyTreeFromLocal(folder, "s3://bucket/t").ok());
  ASSERT_TRUE(
      backend_->CopyTreeToLocal("s3://bucket/t", folder + "_back").ok());

  EXPECT_EQ(*LocalBackend().Get(folder + "_back/a/b"), "x");
  EXPECT_EQ(*LocalBackend().Get(folder + "_back/c"), PatternBytes(5500));
  const auto local = backend_->GetLocalPath("s3://bucket/t/c");
  ASSERT_TRUE(local.ok());
  EXPECT_EQ(*LocalBackend().Get(local->path()), PatternBytes(5500));
}

TEST_F(S3BackendTest, RemovesFilesAndTrees) {
  for (int i = 0; i < 8; ++i) Put(absl::StrCat("s3://bucket/a/", i));
  Put("s3://bucket/a/\x01");
  Put("s3://bucket/ab");

  const absl::Status folder = backend_->Remove("s3://bucket/a");
  EXPECT_EQ(folder.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(folder.message(), HasSubstr("RmTree"));
  EXPECT_TRUE(backend_->Remove("s3://bucket/a/3").ok());
  EXPECT_FALSE(*backend_->Exists("s3://bucket/a/3"));
  EXPECT_TRUE(backend_->RmTree("s3://bucket/a").ok());
  EXPECT_THAT(List("s3://bucket"), ElementsAre("ab"));
}

TEST_F(S3BackendTest, LeavesBucketsAlone) {
  Put("s3://bucket/a");
  for (const absl::Status& status :
       {backend_->RmTree("s3://bucket"), backend_->RmTree("s3://bucket/"),
        backend_->Put("x", "s3://bucket"),
        backend_->Get("s3://bucket").status(),
        backend_->OpenInput("s3://bucket/").status(),
        backend_->OpenOutput("s3://new").status(),
        backend_->CopyFile("s3://bucket", "s3://other/a").status(),
        backend_->CopyFile("s3://bucket/a", "s3://new").status(),
        backend_->Remove("s3://bucket"),
        backend_
            ->GeneratePresignedUrl("s3://bucket", "put_object", absl::Hours(1))
            .status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("bucket"));
  }
  EXPECT_TRUE(*backend_->Exists("s3://bucket/a"));
}

// -- Servers that lie about what is in a folder.

TEST_F(S3BackendTest, TouchesNothingThatTheServerNamesOutsideTheFolder) {
  for (const char* lie : {"key=a", "key=abc", "key=ab/c", "key=b/secret"}) {
    Put("s3://bucket/a/b");
    Put("s3://bucket/b/secret");
    const auto lies = [&] { server_.Fault(absl::StrCat("list=1&", lie)); };
    ListOptions all;
    all.recursive = true;
    lies();
    const absl::Status list =
        backend_->ListDirOrFile("s3://bucket/a", {}).status();
    lies();
    const absl::Status tree =
        backend_->ListDirOrFile("s3://bucket/a", all).status();
    lies();
    const absl::Status remove = backend_->RmTree("s3://bucket/a");

    for (const absl::Status& status : {list, tree, remove}) {
      EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << lie;
      EXPECT_THAT(status.message(), HasSubstr("lists")) << lie;
    }
    EXPECT_TRUE(*backend_->IsFile("s3://bucket/b/secret"));
  }
}

TEST_F(S3BackendTest, CopiesNoTreeWithNamesOutsideTheFolder) {
  Put("s3://bucket/a/b");
  // IsFile and IsDir of the target are asked first.
  server_.Fault("list=1&match=prefix%3Da%252F&key=b");

  EXPECT_EQ(backend_->CopyTree("s3://bucket/a", "s3://other/c").status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(S3BackendTest, WritesNothingOutsideALocalFolder) {
  const std::string folder = ::testing::TempDir() + "/outer/inner";
  for (const char* key : {"t/../../evil", "t//evil", "t/./evil"}) {
    fs::remove_all(::testing::TempDir() + "/outer");
    Put(absl::StrCat("s3://bucket/", key));

    EXPECT_EQ(
        backend_->CopyTreeToLocal("s3://bucket/t", folder).status().code(),
        absl::StatusCode::kInvalidArgument)
        << key;
    EXPECT_FALSE(fs::exists(folder)) << key;
    EXPECT_FALSE(fs::exists(::testing::TempDir() + "/evil")) << key;
    ASSERT_TRUE(backend_->Remove(absl::StrCat("s3://bucket/", key)).ok());
  }
}

TEST_F(S3BackendTest, RefusesALongerKeyThanThereIs) {
  server_.Fault("list=1&slashes=1000000");
  ListOptions all;
  all.recursive = true;
  const absl::Status status =
      backend_->ListDirOrFile("s3://bucket", all).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("1024"));
}

// By mmengine's PetrelBackend.join_path.
TEST_F(S3BackendTest, JoinsPaths) {
  EXPECT_EQ(backend_->JoinPath("s3://b/a", "c/d"), "s3://b/a/c/d");
  EXPECT_EQ(backend_->JoinPath("s3://b/a/", "/c"), "s3://b/a/c");
  EXPECT_EQ(backend_->JoinPath("s3://b", ""), "s3://b/");
}

TEST_F(S3BackendTest, PresignsForReadingAndWriting) {
  Put("s3://bucket/a");

  EXPECT_THAT(*backend_->GeneratePresignedUrl("s3://bucket/a", "get_object",
                                              absl::Hours(1)),
              HasSubstr("X-Amz-Expires=3600"));
  EXPECT_TRUE(
      backend_
          ->GeneratePresignedUrl("s3://bucket/a", "put_object", absl::Hours(1))
          .ok());
  const absl::Status status =
      backend_->GeneratePresignedUrl("s3://bucket/a", "delete", absl::Hours(1))
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("get_object or put_object"));
}

TEST_F(S3BackendTest, RefusesPathsOfOthers) {
  EXPECT_EQ(backend_->Get("/etc/passwd").status().code(),
            absl::StatusCode::kInvalidArgument);
}

// -- The registered names.

class RegisteredTest : public ::testing::Test {
 protected:
  void SetUp() override {
    home_ = ::testing::TempDir() + "/home";
    fs::remove_all(home_);
    setenv("HOME", home_.c_str(), 1);
    setenv("AWS_ENDPOINT_URL_S3", server_.server().Url("").c_str(), 1);
    setenv("AWS_ACCESS_KEY_ID", "AKIDTEST", 1);
    setenv("AWS_SECRET_ACCESS_KEY", "secret/of+test", 1);
    ASSERT_TRUE(server_.Backend()->Put("x", "s3://bucket/a").ok());
  }
  static fileio::BackendArgs Args(
      const std::vector<std::pair<std::string, std::string>>& fields) {
    fileio::BackendArgs args;
    for (const auto& [name, value] : fields) {
      (*args.mutable_fields())[name].set_string_value(value);
    }
    return args;
  }
  void WriteConf(const std::string& path) {
    ASSERT_TRUE(LocalBackend()
                    .Put(absl::StrCat("[DEFAULT]\ndefault_cluster = here\n"
                                      "[here]\naccess_key = AKIDTEST\n"
                                      "secret_key = secret/of+test\n"
                                      "host_base = 127.0.0.1:",
                                      server_.server().port(), "\n"),
                         path)
                    .ok());
  }

  const S3TestServer server_;
  std::string home_;
};

TEST_F(RegisteredTest, S3IsSetUpByTheEnvironment) {
  fileio::BackendArgs args = Args({{"backend", "S3Backend"}});
  (*args.mutable_fields())["stall_timeout"].set_number_value(20);

  EXPECT_EQ(*fileio::Get("s3://bucket/a", args), "x");
  EXPECT_EQ((*fileio::GetFileBackend("s3://bucket"))->name(), "S3Backend");
}

TEST_F(RegisteredTest, S3TakesClustersOfPetrelsFile) {
  WriteConf(home_ + "/petreloss.conf");
  unsetenv("AWS_ACCESS_KEY_ID");

  EXPECT_EQ(*fileio::Get("here:s3://bucket/a"), "x");
}

TEST_F(RegisteredTest, PetrelIsSetUpByItsFile) {
  WriteConf(home_ + "/own.conf");
  fileio::BackendArgs args =
      Args({{"backend", "petrel"}, {"conf_path", home_ + "/own.conf"}});
  auto* mapping =
      (*args.mutable_fields())["path_mapping"].mutable_struct_value();
  (*mapping->mutable_fields())["data/"].set_string_value("petrel://bucket/");

  EXPECT_EQ(*fileio::Get("petrel://bucket/a", args), "x");
  EXPECT_EQ(*fileio::Get("here:petrel://bucket\\\\a", args), "x");
  EXPECT_EQ(*fileio::Get("data/a", args), "x");
  EXPECT_EQ((*fileio::GetFileBackend("petrel://bucket"))->name(),
            "PetrelBackend");
}

TEST_F(RegisteredTest, SaysThatPetrelsFileIsMissing) {
  const absl::Status status =
      fileio::Get("petrel://bucket/a",
                  Args({{"backend", "PetrelBackend"},
                        {"conf_path", home_ + "/none.conf"}}))
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("none.conf"));
}

TEST_F(RegisteredTest, RefusesPartsThatS3DoesNotTake) {
  fileio::BackendArgs args = Args({{"backend", "s3"}});
  (*args.mutable_fields())["part_size"].set_number_value(1000);
  const absl::Status small = fileio::Get("s3://bucket/a", args).status();
  args = Args({{"backend", "s3"}});
  (*args.mutable_fields())["num_threads"].set_number_value(0);
  const absl::Status none = fileio::Get("s3://bucket/a", args).status();

  EXPECT_EQ(small.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(small.message(), HasSubstr("from 5242880 to 5368709120"));
  EXPECT_EQ(none.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(none.message(), HasSubstr("num_threads: it is from 1 to"));
}

}  // namespace
}  // namespace anneal
