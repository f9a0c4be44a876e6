#include "fileio/http/download_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "fileio/http/fake_transport.h"
#include "fileio/http/http_status.h"
#include "fileio/http/http_transport.h"
#include "fileio/http/test_server.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

class DownloadStreamTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<InputStream>> Open(const std::string& query) {
    HttpRequest request;
    request.url = server_.Url("/file?" + query);
    return OpenDownload(client_, request, [](const HttpResponse& response) {
      return HttpStatus("the file", response);
    });
  }

  const TestServer server_{"fileio/http/test_server.py"};
  const HttpClient client_{OptionsWithoutPauses()};
};

TEST_F(DownloadStreamTest, GivesWhatTheServerSends) {
  auto stream = Open("size=20000000&cut=12000000&times=1&id=a");

  ASSERT_TRUE(stream.ok()) << stream.status();
  EXPECT_EQ((*stream)->size(), 20000000);
  EXPECT_EQ(*ReadAll(stream->get()), PatternBytes(20000000));
  EXPECT_EQ(*(*stream)->Read(nullptr, 0), 0);
}

TEST_F(DownloadStreamTest, ReadsByAnySize) {
  auto stream = Open("size=100");
  std::string bytes;
  char buffer[7];
  while (const size_t got = *(*stream)->Read(buffer, sizeof(buffer))) {
    EXPECT_LE(got, sizeof(buffer));
    bytes.append(buffer, got);
  }

  EXPECT_EQ(bytes, PatternBytes(100));
}

TEST_F(DownloadStreamTest, FillsWhatItIsGivenUpTo64KiB) {
  auto stream = Open("size=3000000");
  std::string buffer(1 << 20, '\0');
  size_t begin = 0;
  while (const size_t got = *(*stream)->Read(&buffer[0], buffer.size())) {
    EXPECT_TRUE(got >= 64 << 10 || begin + got == 3000000) << got;
    begin += got;
  }

  EXPECT_EQ(begin, 3000000);
}

TEST_F(DownloadStreamTest, ReadsNothingIntoNoRoom) {
  auto stream = Open("size=3000000");

  EXPECT_EQ(*(*stream)->Read(nullptr, 0), 0);
  EXPECT_EQ(*ReadAll(stream->get()), PatternBytes(3000000));
}

TEST_F(DownloadStreamTest, GoesOnInAnotherThread) {
  auto stream = Open("size=3000000");
  std::string bytes(1000, '\0');
  bytes.resize(*(*stream)->Read(&bytes[0], bytes.size()));
  std::thread([&] { bytes += *ReadAll(stream->get()); }).join();

  EXPECT_EQ(bytes, PatternBytes(3000000));
}

TEST_F(DownloadStreamTest, IsEmptyForAnEmptyFile) {
  auto stream = Open("size=0");

  ASSERT_TRUE(stream.ok());
  EXPECT_EQ(*ReadAll(stream->get()), "");
}

TEST_F(DownloadStreamTest, SaysAtOnceThatAFileIsMissing) {
  const absl::Status status = Open("status=404").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(status.message(), HasSubstr("the file: the server answered 404"));
}

TEST_F(DownloadStreamTest, SaysInReadingThatTheRestIsMissing) {
  auto stream = Open("size=3000000&cut=200000");

  ASSERT_TRUE(stream.ok());
  EXPECT_EQ(ReadAll(stream->get()).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(DownloadStreamTest, MayBeLeftUnread) {
  auto unread = Open("size=20000000");
  ASSERT_TRUE(unread.ok());
  auto begun = Open("size=20000000");
  ASSERT_TRUE(begun.ok());
  char byte;
  EXPECT_EQ(*(*begun)->Read(&byte, 1), 1);
}

TEST_F(DownloadStreamTest, MayBeLeftWhileTheServerStalls) {
  auto stream = Open("size=1000&stall=400");

  ASSERT_TRUE(stream.ok()) << stream.status();
  const absl::Time begin = absl::Now();
  stream->reset();
  // The time-out of a stalled transfer is 30 seconds.
  EXPECT_LT(absl::Now() - begin, absl::Seconds(15));
}

}  // namespace
}  // namespace anneal
