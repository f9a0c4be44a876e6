#include "fileio/http/download_stream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/string_view.h"
#include "absl/synchronization/notification.h"
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

// Gives a body byte by byte.
class ByteByByte : public HttpTransport {
 public:
  ByteByByte(std::string body, absl::Notification* done)
      : body_(std::move(body)), done_(done) {}

  HttpExchange Exchange(const HttpRequest&,
                        const BodyReceiver& receiver) const override {
    HttpExchange exchange;
    exchange.response.status = 200;
    for (const char& byte : body_) {
      exchange.status =
          receiver(exchange.response, absl::string_view(&byte, 1));
      if (!exchange.status.ok()) return exchange;
    }
    done_->Notify();
    return exchange;
  }

 private:
  const std::string body_;
  absl::Notification* const done_;
};

TEST(DownloadStream, PutsTinyPiecesTogether) {
  absl::Notification done;
  const HttpClient client(
      OptionsWithoutPauses(),
      std::make_unique<ByteByByte>(PatternBytes(1 << 20), &done));
  HttpRequest request;
  request.url = "http://h/a";
  const auto stream = OpenDownload(
      client, request, [](const HttpResponse&) { return absl::OkStatus(); });
  ASSERT_TRUE(stream.ok()) << stream.status();
  done.WaitForNotification();

  std::string bytes;
  std::string buffer(1 << 20, '\0');
  int num_pieces = 0;
  while (const size_t got = *(*stream)->Read(&buffer[0], buffer.size())) {
    bytes.append(buffer, 0, got);
    ++num_pieces;
  }
  EXPECT_EQ(bytes, PatternBytes(1 << 20));
  EXPECT_EQ(num_pieces, 16);
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
