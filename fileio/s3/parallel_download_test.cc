#include "fileio/s3/parallel_download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "fileio/http/fake_transport.h"
#include "fileio/http/http_client.h"
#include "fileio/http/test_server.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

class DownloadInParallelTest : public ::testing::Test {
 protected:
  // In parts of 1000 bytes by 3 connections.
  absl::StatusOr<HttpResponse> Get(const std::string& query) const {
    HttpRequest request;
    request.url = server_.Url("/file?id=x&" + query);
    return DownloadInParallel(client_, request, 1000, 3);
  }
  int NumRequests() const {
    HttpRequest request;
    request.url = server_.Url("/log?id=x");
    const std::string log = client_.Send(request)->body;
    return static_cast<int>(std::count(log.begin(), log.end(), '\n')) + 1;
  }

  const TestServer server_{"fileio/http/test_server.py"};
  const HttpClient client_{OptionsWithoutPauses()};
};

TEST_F(DownloadInParallelTest, ReadsALargeFileByParts) {
  EXPECT_EQ(Get("size=10500")->body, PatternBytes(10500));
  EXPECT_EQ(NumRequests(), 12);
}

TEST_F(DownloadInParallelTest, ReadsWholePartsAndOneByteMore) {
  EXPECT_EQ(Get("size=3000")->body, PatternBytes(3000));
  EXPECT_EQ(Get("size=3001")->body, PatternBytes(3001));
}

TEST_F(DownloadInParallelTest, ReadsASmallFileAtOnce) {
  EXPECT_EQ(Get("size=2000")->body, PatternBytes(2000));
  EXPECT_EQ(Get("size=0")->body, "");
  EXPECT_EQ(NumRequests(), 2);
}

TEST_F(DownloadInParallelTest, ReadsAtOnceWhatHasNoStrongETag) {
  EXPECT_EQ(Get("size=10500&validator=no")->body, PatternBytes(10500));
  EXPECT_EQ(Get("size=10500&weak=1")->body, PatternBytes(10500));
  EXPECT_EQ(NumRequests(), 2);
}

TEST_F(DownloadInParallelTest, ReadsFromAServerWithoutRanges) {
  EXPECT_EQ(Get("size=10500&ranges=no")->body, PatternBytes(10500));
}

TEST_F(DownloadInParallelTest, LeavesErrorsToTheCaller) {
  EXPECT_EQ(Get("status=404")->status, 404);
}

TEST_F(DownloadInParallelTest, ChecksTheServersChecksum) {
  EXPECT_EQ(Get("size=10500&checksum=right")->body, PatternBytes(10500));
  const absl::Status status = Get("size=10500&checksum=wrong").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("content-md5 says"));
}

TEST_F(DownloadInParallelTest, SaysThatTheFileWasChanged) {
  const absl::Status status = Get("size=10500&validator=new").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(status.message(), HasSubstr("changed while it was read"));
}

TEST_F(DownloadInParallelTest, TakesNoMemoryForAMadeUpLength) {
  // The head says it; that there is no last part is known before it is
  // believed.
  const absl::Status status =
      Get("size=10500&length=9000000000000000000&times=1").status();

  EXPECT_FALSE(status.ok());
}

}  // namespace
}  // namespace anneal
