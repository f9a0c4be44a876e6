#include "fileio/http/download.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fileio/http/fake_transport.h"
#include "fileio/http/test_server.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

// A sink that can't take back what it got, as a stream.
class OneWaySink : public StringSink {
 public:
  absl::Status Begin(const HttpResponse&,
                     absl::optional<int64_t> begun_size) override {
    ++num_begins;
    size = begun_size;
    return absl::OkStatus();
  }
  bool Restart() override { return false; }

  int num_begins = 0;
  absl::optional<int64_t> size;
};

class DownloadTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    server_ = new TestServer("fileio/http/test_server.py");
  }
  static void TearDownTestSuite() { delete server_; }

  // Each test's requests are counted on their own.
  std::string Url(const std::string& query) const {
    return server_->Url(absl::StrCat("/file?", query, "&id=", Id()));
  }
  static std::string Id() {
    return ::testing::UnitTest::GetInstance()->current_test_info()->name();
  }
  absl::StatusOr<HttpResponse> Get(const std::string& query, ByteSink* sink,
                                   const ByteRange& range = {}) const {
    HttpRequest request;
    request.url = Url(query);
    return Download(client_, request, range, sink);
  }
  // METHOD RANGE of each request so far.
  std::string Log() const {
    HttpRequest request;
    request.url = server_->Url("/log?id=" + Id());
    return client_.Send(request)->body;
  }

  static TestServer* server_;
  const HttpClient client_{OptionsWithoutPauses()};
};

TestServer* DownloadTest::server_ = nullptr;

TEST_F(DownloadTest, GivesAWholeFile) {
  OneWaySink sink;

  ASSERT_TRUE(Get("size=3000000", &sink).ok());

  EXPECT_EQ(sink.bytes(), PatternBytes(3000000));
  EXPECT_EQ(sink.size, 3000000);
  EXPECT_EQ(Log(), "GET ");
}

TEST_F(DownloadTest, GivesAnEmptyFile) {
  OneWaySink sink;

  ASSERT_TRUE(Get("size=0", &sink).ok());

  EXPECT_EQ(sink.bytes(), "");
  EXPECT_EQ(sink.num_begins, 1);
  EXPECT_EQ(sink.size, 0);
}

TEST_F(DownloadTest, GivesAFileOfUnknownSize) {
  OneWaySink sink;

  ASSERT_TRUE(Get("size=3000000&chunked=1", &sink).ok());

  EXPECT_EQ(sink.bytes(), PatternBytes(3000000));
  EXPECT_EQ(sink.size, absl::nullopt);
}

TEST_F(DownloadTest, GivesARange) {
  ByteRange range;
  range.first = 1000;
  range.last = 2999;
  OneWaySink sink;

  ASSERT_TRUE(Get("size=5000", &sink, range).ok());

  EXPECT_EQ(sink.bytes(), PatternBytes(5000).substr(1000, 2000));
  EXPECT_EQ(sink.size, 2000);
  EXPECT_EQ(Log(), "GET bytes=1000-2999");
}

TEST_F(DownloadTest, GivesTheEndOfAFile) {
  ByteRange range;
  range.first = 4000;
  OneWaySink sink;

  ASSERT_TRUE(Get("size=5000", &sink, range).ok());

  EXPECT_EQ(sink.bytes(), PatternBytes(5000).substr(4000));
}

TEST_F(DownloadTest, CutsARangeOutWhereTheServerSendsAll) {
  ByteRange range;
  range.first = 1000;
  range.last = 2999;
  OneWaySink sink;

  ASSERT_TRUE(Get("size=5000&ranges=no", &sink, range).ok());

  EXPECT_EQ(sink.bytes(), PatternBytes(5000).substr(1000, 2000));
}

TEST_F(DownloadTest, LeavesErrorsToTheCaller) {
  OneWaySink sink;

  EXPECT_EQ(Get("status=404", &sink)->status, 404);
  EXPECT_EQ(sink.num_begins, 0);
  ByteRange beyond;
  beyond.first = 5000;
  EXPECT_EQ(Get("size=5000", &sink, beyond)->status, 416);
}

TEST_F(DownloadTest, TriesAgainAfterErrorsOfTheServer) {
  OneWaySink sink;

  ASSERT_TRUE(Get("size=1000&status=503&times=2", &sink).ok());

  EXPECT_EQ(sink.bytes(), PatternBytes(1000));
  EXPECT_EQ(sink.num_begins, 1);
}

// -- Cut connections.

TEST_F(DownloadTest, GoesOnWhereTheConnectionWasCut) {
  OneWaySink sink;

  ASSERT_TRUE(Get("size=100000&cut=30000&times=2", &sink).ok());

  EXPECT_EQ(sink.bytes(), PatternBytes(100000));
  EXPECT_EQ(sink.num_begins, 1);
  EXPECT_EQ(Log(), "GET \nGET bytes=30000-\nGET bytes=60000-");
}

TEST_F(DownloadTest, GoesOnInARange) {
  ByteRange range;
  range.first = 10;
  range.last = 99999;
  OneWaySink sink;

  ASSERT_TRUE(Get("size=200000&cut=30000&times=1", &sink, range).ok());

  EXPECT_EQ(sink.bytes(), PatternBytes(200000).substr(10, 99990));
  EXPECT_EQ(Log(), "GET bytes=10-99999\nGET bytes=30010-99999");
}

TEST_F(DownloadTest, SkipsWhatItKnowsWhereTheServerHasNoRanges) {
  OneWaySink sink;

  ASSERT_TRUE(Get("size=100000&cut=30000&times=1&ranges=no", &sink).ok());

  EXPECT_EQ(sink.bytes(), PatternBytes(100000));
}

TEST_F(DownloadTest, HasManyMoreAttemptsWhileItGetsOn) {
  OneWaySink sink;

  ASSERT_TRUE(Get("size=10000000&cut=1100000", &sink).ok());

  EXPECT_EQ(sink.bytes(), PatternBytes(10000000));
}

TEST_F(DownloadTest, GivesUpWhereItHardlyGetsOn) {
  OneWaySink sink;
  const absl::Status status = Get("size=1000000&cut=10", &sink).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("ended before its announced length"));
}

TEST_F(DownloadTest, NeverGluesTwoVersionsTogether) {
  OneWaySink sink;
  const absl::Status status =
      Get("size=100000&cut=30000&times=1&validator=new", &sink).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(status.message(), HasSubstr("the file was changed while it was"));
}

TEST_F(DownloadTest, StartsAgainWithAChangedFileWhereItCan) {
  StringSink sink;

  ASSERT_TRUE(Get("size=100000&cut=30000&times=1&validator=new", &sink).ok());

  // The server's second version begins two bytes later in the pattern, its
  // third three.
  EXPECT_EQ(sink.bytes().size(), 100000);
  EXPECT_THAT(PatternBytes(100010), HasSubstr(sink.bytes()));
}

TEST_F(DownloadTest, DoesNotGoOnWithoutAWayToTellVersions) {
  for (const char* kind : {"validator=no", "weak=1"}) {
    OneWaySink sink;
    const absl::Status status =
        Get(absl::StrCat("size=100000&cut=30000&", kind), &sink).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
    EXPECT_THAT(status.message(), HasSubstr("neither ETag nor Last-Modified"));
    EXPECT_THAT(status.message(), HasSubstr("after 30000 bytes"));
  }
}

TEST_F(DownloadTest, StartsAgainWithoutAWayToTellVersions) {
  StringSink sink;

  ASSERT_TRUE(Get("size=100000&cut=30000&times=1&validator=no", &sink).ok());

  EXPECT_EQ(sink.bytes(), PatternBytes(100000));
  EXPECT_EQ(Log(), "GET \nGET ");
}

// -- Servers that lie.

TEST_F(DownloadTest, FindsALengthThatIsTooLarge) {
  OneWaySink sink;
  const absl::Status status =
      Get("size=1000&length=1000000000000&cut=1000", &sink).status();

  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr("the server lies about the length"));
}

TEST_F(DownloadTest, ReservesNoMemoryForAMadeUpLength) {
  StringSink sink;
  // More than any machine has.
  EXPECT_FALSE(
      Get("size=1000&length=9000000000000000000&cut=1000", &sink).ok());
  EXPECT_LE(sink.bytes().capacity(), size_t{5} << 30);
}

TEST_F(DownloadTest, FindsARangeThatWasNotAskedFor) {
  ByteRange range;
  range.first = 1000;
  for (const char* lie :
       {"bytes 0-999/5000", "bytes 1001-4999/5000", "lines 1", "bytes -"}) {
    OneWaySink sink;
    const absl::Status status =
        Get(absl::StrCat(
                "size=5000&range=", absl::string_view(lie).substr(0, 5), "%20",
                absl::string_view(lie).substr(6)),
            &sink, range)
            .status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << lie;
    EXPECT_THAT(status.message(), HasSubstr("asked for bytes from 1000"))
        << lie;
    EXPECT_EQ(sink.bytes(), "") << lie;
  }
}

struct Lie {
  const char* name;
  ByteRange range;
  int status;
  const char* content_range;
  const char* words;
};

class WrongPartTest : public ::testing::TestWithParam<Lie> {};

TEST_P(WrongPartTest, DoesNotPassAsTheFile) {
  std::vector<HttpRequest> requests;
  const HttpClient client(
      OptionsWithoutPauses(),
      std::make_unique<FakeTransport>(
          std::vector<HttpExchange>{FakeTransport::Answer(
              GetParam().status, {{"content-range", GetParam().content_range}},
              "01234")},
          &requests));
  HttpRequest request;
  request.url = "http://h/a";
  OneWaySink sink;
  const absl::Status status =
      Download(client, request, GetParam().range, &sink).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr(GetParam().words));
  EXPECT_EQ(sink.bytes(), "");
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongPartTest,
    ::testing::Values(
        Lie{"PartOfTheWhole",
            {},
            206,
            "bytes 0-4/10",
            "asked for the whole file, the server sent Content-Range "
            "\"bytes 0-4/10\""},
        Lie{"AllAsAPart", {}, 206, "bytes 0-4/5", "asked for the whole file"},
        Lie{"TooFew",
            {5, 20},
            206,
            "bytes 5-9/100",
            "asked for bytes from 5 to 20"},
        Lie{"TooMany", {5, 7}, 206, "bytes 5-9/100", "from 5 to 7"},
        Lie{"NotToTheEnd",
            {5, absl::nullopt},
            206,
            "bytes 5-9/11",
            "asked for bytes from 5, the server"},
        Lie{"NoEnd", {5, absl::nullopt}, 206, "bytes 5-9/*", "bytes from 5"},
        Lie{"LessThanNothing", {5, 9}, 206, "bytes 5-9/-1", "from 5 to 9"},
        Lie{"NoFile", {}, 204, "", "the server answered 204"},
        Lie{"Escapes", {5, 9}, 206, "\x1b[2J", "\\033[2J"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST_F(DownloadTest, FindsARangeThatEndsTooEarly) {
  ByteRange range;
  range.first = 1000;
  OneWaySink sink;
  const absl::Status status =
      Get("size=5000&range=bytes%201000-9999/10000", &sink, range).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(status.message(),
              HasSubstr("announced 9000 bytes and sent 4000"));
}

TEST_F(DownloadTest, ChecksTheServersChecksum) {
  OneWaySink right;
  EXPECT_TRUE(Get("size=100000&checksum=right", &right).ok());

  OneWaySink wrong;
  const absl::Status status =
      Get("size=100000&checksum=wrong", &wrong).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), StartsWith("http://127.0.0.1:"));
  EXPECT_THAT(status.message(), HasSubstr("content-md5 says"));
}

TEST_F(DownloadTest, FindsATooSmallLengthByTheChecksum) {
  OneWaySink sink;

  EXPECT_EQ(Get("size=1000&length=400&checksum=right", &sink).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(DownloadTest, EndsWithTheSinksError) {
  class FullSink : public StringSink {
   public:
    absl::Status Append(absl::string_view) override {
      return absl::ResourceExhaustedError("disk full");
    }
  } sink;

  EXPECT_EQ(Get("size=1000", &sink).status(),
            absl::ResourceExhaustedError("disk full"));
  EXPECT_EQ(Log(), "GET ");
}

}  // namespace
}  // namespace anneal
