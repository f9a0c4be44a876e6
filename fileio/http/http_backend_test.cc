#include "fileio/http/http_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "absl/strings/str_cat.h"
#include "fileio/backend_args.h"
#include "fileio/file_client.h"
#include "fileio/http/test_server.h"

namespace anneal {
namespace {

namespace fs = std::filesystem;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

class HTTPBackendTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new TestServer("fileio/http/test_server.py");
  }
  static void TearDownTestSuite() { delete server_; }

  // One attempt: what fails here fails for good.
  static HttpOptions OneAttempt() {
    HttpOptions options;
    options.retry.max_attempts = 1;
    return options;
  }
  static std::string File(const std::string& query) {
    return server_->Url("/file?" + query);
  }
  static std::string WithUser(const std::string& user) {
    return absl::StrCat("http://", user, "@127.0.0.1:", server_->port(),
                        "/file?size=10&user=ann:secret");
  }

  static TestServer* server_;
  const HTTPBackend backend_{OneAttempt()};
};

TestServer* HTTPBackendTest::server_ = nullptr;

TEST_F(HTTPBackendTest, GetsBytesAndStreams) {
  EXPECT_EQ(*backend_.Get(File("size=100000")), PatternBytes(100000));
  auto input = backend_.OpenInput(File("size=100000"));
  ASSERT_TRUE(input.ok());
  EXPECT_EQ(*ReadAll(input->get()), PatternBytes(100000));
}

TEST_F(HTTPBackendTest, FollowsRedirects) {
  EXPECT_EQ(*backend_.Get(server_->Url("/redirect?to=/file%3Fsize=10")),
            PatternBytes(10));
  EXPECT_THAT(
      backend_.Get(server_->Url("/redirect?to=self")).status().message(),
      HasSubstr("more than 10 redirects"));
}

TEST_F(HTTPBackendTest, ServesItsPrefixes) {
  EXPECT_EQ((*fileio::GetFileBackend("http://h"))->name(), "HTTPBackend");
  EXPECT_EQ((*fileio::GetFileBackend("https://h"))->name(), "HTTPBackend");
  EXPECT_EQ(*fileio::Get(File("size=10")), PatternBytes(10));
}

TEST_F(HTTPBackendTest, TakesItsArguments) {
  fileio::BackendArgs args;
  (*args.mutable_fields())["backend"].set_string_value("HTTPBackend");
  (*args.mutable_fields())["max_attempts"].set_number_value(1);
  auto* headers = (*args.mutable_fields())["headers"].mutable_struct_value();
  (*headers->mutable_fields())["X-Token"].set_string_value("abc");

  EXPECT_THAT(*fileio::Get(server_->Url("/echo"), args),
              HasSubstr("x-token: abc"));
}

TEST_F(HTTPBackendTest, RefusesUnknownArguments) {
  fileio::BackendArgs args;
  (*args.mutable_fields())["backend"].set_string_value("http");
  (*args.mutable_fields())["max_attempt"].set_number_value(1);
  const absl::Status status = fileio::Get(File("size=10"), args).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("max_attempts"));
}

TEST_F(HTTPBackendTest, RefusesArgumentsOutOfRange) {
  fileio::BackendArgs args;
  (*args.mutable_fields())["backend"].set_string_value("http");
  (*args.mutable_fields())["max_redirects"].set_number_value(-1);
  const absl::Status status = fileio::Get(File("size=10"), args).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("max_redirects"));
}

TEST_F(HTTPBackendTest, KnowsWhatExists) {
  EXPECT_TRUE(*backend_.Exists(File("size=10")));
  EXPECT_FALSE(*backend_.Exists(server_->Url("/none")));
  EXPECT_FALSE(*backend_.Exists(File("status=410")));
  EXPECT_EQ(backend_.Exists(File("status=403")).status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(backend_.Exists(File("status=500")).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST_F(HTTPBackendTest, AsksByGetWhereHeadIsNotAllowed) {
  EXPECT_TRUE(*backend_.Exists(File("size=10&status=405&times=1&id=full")));
  EXPECT_TRUE(*backend_.Exists(File("size=0&status=405&times=1&id=empty")));
}

TEST_F(HTTPBackendTest, GivesALocalCopyWhileItIsNeeded) {
  std::string path;
  {
    const auto local = backend_.GetLocalPath(File("size=10"));
    ASSERT_TRUE(local.ok()) << local.status();
    path = local->path();
    EXPECT_THAT(path, EndsWith("file"));
    EXPECT_EQ(*fileio::Get(path), PatternBytes(10));
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST_F(HTTPBackendTest, CopiesIntoAFolderByTheUrlsName) {
  const std::string folder = ::testing::TempDir() + "/copies";
  fs::create_directories(folder);

  EXPECT_EQ(*backend_.CopyFileToLocal(File("size=10"), folder),
            folder + "/file");
  EXPECT_EQ(*fileio::Get(folder + "/file"), PatternBytes(10));
}

TEST_F(HTTPBackendTest, LeavesNoFolderByTheUrlsName) {
  const std::string folder = ::testing::TempDir() + "/inner";
  fs::create_directories(folder);

  for (const char* path : {"/", "/a/..", "/%2e%2e", "/a%2F..", "/."}) {
    const absl::Status status =
        backend_.CopyFileToLocal(server_->Url(path), folder).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << path;
    EXPECT_THAT(status.message(), HasSubstr("names no file")) << path;
  }
}

TEST_F(HTTPBackendTest, LeavesNothingOfACopyThatFails) {
  const std::string target = ::testing::TempDir() + "/half";

  EXPECT_FALSE(
      backend_.CopyFileToLocal(File("size=3000000&cut=2000000"), target).ok());
  EXPECT_FALSE(fs::exists(target));
}

TEST_F(HTTPBackendTest, SendsTheUrlsUser) {
  EXPECT_EQ(*backend_.Get(WithUser("ann:secret")), PatternBytes(10));
}

TEST_F(HTTPBackendTest, SaysThatCredentialsAreWrongWithoutShowingThem) {
  const absl::Status wrong = backend_.Get(WithUser("ann:hunter2")).status();
  const absl::Status none =
      backend_.Get(File("size=10&user=ann:secret")).status();

  for (const absl::Status& status : {wrong, none}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
    EXPECT_THAT(status.message(), HasSubstr("401 Unauthorized"));
    EXPECT_THAT(status.message(), HasSubstr("check those given"));
    EXPECT_THAT(status.message(), Not(HasSubstr("hunter2")));
    EXPECT_THAT(status.message(), Not(HasSubstr("secret")));
  }
}

TEST_F(HTTPBackendTest, SaysThatBytesAreNoTextWithoutShowingCredentials) {
  const absl::Status status =
      backend_.GetText(WithUser("ann:secret") + "&size=251").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("no UTF-8"));
  EXPECT_THAT(status.message(), Not(HasSubstr("secret")));
  EXPECT_TRUE(backend_.GetText(File("size=100")).ok());
}

}  // namespace
}  // namespace anneal
