#include "fileio/http/curl_transport.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fileio/http/test_certificate.h"
#include "fileio/http/test_server.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr char kScript[] = "fileio/http/test_server.py";

HttpRequest Request(const std::string& method, const std::string& url) {
  HttpRequest request;
  request.method = method;
  request.url = url;
  return request;
}

class CurlTransportTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { server_ = new TestServer(kScript); }
  static void TearDownTestSuite() { delete server_; }

  static HttpExchange Get(const std::string& path,
                          const BodyReceiver& receiver = nullptr,
                          const CurlOptions& options = {}) {
    return CurlTransport(options).Exchange(Request("GET", server_->Url(path)),
                                           receiver);
  }

  static TestServer* server_;
};

TestServer* CurlTransportTest::server_ = nullptr;

TEST_F(CurlTransportTest, GivesStatusHeadersAndBody) {
  const HttpExchange exchange = Get("/file?size=1000");

  ASSERT_TRUE(exchange.status.ok()) << exchange.status;
  EXPECT_EQ(exchange.response.status, 200);
  EXPECT_EQ(exchange.response.header("etag"), "\"0\"");
  EXPECT_EQ(exchange.response.header("none"), "");
  EXPECT_EQ(exchange.response.body, PatternBytes(1000));
}

TEST_F(CurlTransportTest, JoinsTheLinesOfAHeader) {
  const HttpExchange exchange = Get("/file?size=10&twice=1");

  EXPECT_EQ(exchange.response.header("x-twice"), "a, b");
  EXPECT_EQ(exchange.response.header("x-same"), "c");
}

TEST_F(CurlTransportTest, StreamsABodyInPieces) {
  std::string body;
  const HttpExchange exchange =
      Get("/file?size=3000000",
          [&body](const HttpResponse& head, absl::string_view bytes) {
            EXPECT_EQ(head.status, 200);
            EXPECT_EQ(head.header("content-length"), "3000000");
            EXPECT_LE(bytes.size(), 1 << 20);
            body.append(bytes.data(), bytes.size());
            return absl::OkStatus();
          });

  EXPECT_TRUE(exchange.status.ok());
  EXPECT_EQ(body, PatternBytes(3000000));
  EXPECT_EQ(exchange.response.body, "");
}

TEST_F(CurlTransportTest, EndsWhereTheReceiverSaysSo) {
  const HttpExchange exchange =
      Get("/file?size=3000000", [](const HttpResponse&, absl::string_view) {
        return absl::CancelledError("enough");
      });

  EXPECT_EQ(exchange.status, absl::CancelledError("enough"));
  EXPECT_FALSE(exchange.is_transient);
}

TEST_F(CurlTransportTest, GivesABodyStepByStep) {
  const CurlTransport transport;
  std::string body;
  const auto exchange =
      transport.Begin(Request("GET", server_->Url("/file?size=3000000")),
                      [&body](const HttpResponse&, absl::string_view bytes) {
                        absl::StrAppend(&body, bytes);
                        return absl::OkStatus();
                      });
  size_t before = 0;
  while (exchange->Advance()) {
    EXPECT_LE(body.size() - before, 1 << 20);
    before = body.size();
  }

  EXPECT_TRUE(exchange->result().status.ok());
  EXPECT_EQ(exchange->result().response.status, 200);
  EXPECT_EQ(body, PatternBytes(3000000));
  EXPECT_FALSE(exchange->Advance());
}

TEST_F(CurlTransportTest, MayBeBrokenOffAtAnyStep) {
  const CurlTransport transport;
  const HttpRequest request =
      Request("GET", server_->Url("/file?size=3000000"));
  for (int num_steps = 0; num_steps < 8; ++num_steps) {
    const auto exchange = transport.Begin(request, nullptr);
    for (int i = 0; i < num_steps; ++i) exchange->Advance();
  }

  EXPECT_EQ(
      transport.Exchange(Request("GET", server_->Url("/file?size=10")), nullptr)
          .response.body,
      PatternBytes(10));
}

TEST_F(CurlTransportTest, KeepsTheBodyOfAnErrorFromTheReceiver) {
  const HttpExchange exchange =
      Get("/none", [](const HttpResponse&, absl::string_view) {
        return absl::InternalError("not asked");
      });

  EXPECT_TRUE(exchange.status.ok());
  EXPECT_EQ(exchange.response.status, 404);
  EXPECT_EQ(exchange.response.body, "no such path");
}

TEST_F(CurlTransportTest, SendsMethodHeadersAndBody) {
  for (const char* method : {"PUT", "POST", "DELETE"}) {
    HttpRequest request = Request(method, server_->Url("/echo"));
    request.headers = {{"x-a", "b c"}, {"x-empty", ""}};
    const std::string body(3000000, 'x');
    if (request.method != "DELETE") request.body = body;

    const std::string echo =
        CurlTransport().Exchange(request, nullptr).response.body;

    EXPECT_THAT(echo, HasSubstr(absl::StrCat(method, " /echo")));
    EXPECT_THAT(echo,
                HasSubstr(absl::StrCat("body: ", request.body.size(), "\n")));
    EXPECT_THAT(echo, HasSubstr("x-a: b c"));
    EXPECT_THAT(echo, HasSubstr("x-empty: "));
    EXPECT_THAT(echo, Not(HasSubstr("expect:")));
  }
}

TEST_F(CurlTransportTest, SendsAnEmptyBody) {
  const HttpExchange exchange =
      CurlTransport().Exchange(Request("PUT", server_->Url("/echo")), nullptr);

  EXPECT_THAT(exchange.response.body, HasSubstr("content-length: 0"));
}

TEST_F(CurlTransportTest, ReadsNoBodyAfterHead) {
  const HttpExchange exchange = CurlTransport().Exchange(
      Request("HEAD", server_->Url("/file?size=1000")), nullptr);

  EXPECT_TRUE(exchange.status.ok());
  EXPECT_EQ(exchange.response.header("content-length"), "1000");
  EXPECT_EQ(exchange.response.body, "");
}

TEST_F(CurlTransportTest, SendsThePathAsItIs) {
  EXPECT_THAT(Get("/echo?x=%2F..%2f&y=a+b").response.body,
              HasSubstr("GET /echo?x=%2F..%2f&y=a+b"));
}

TEST_F(CurlTransportTest, IsForManyThreads) {
  const CurlTransport transport;
  std::vector<std::thread> threads;
  std::vector<int> right(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      for (int k = 0; k < 20; ++k) {
        const int size = 1000 * i + k;
        right[i] += transport
                        .Exchange(Request("GET", server_->Url(absl::StrCat(
                                                     "/file?size=", size))),
                                  nullptr)
                        .response.body == PatternBytes(size);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();

  EXPECT_EQ(right, std::vector<int>(8, 20));
}

// -- What goes wrong.

TEST_F(CurlTransportTest, FindsABodyThatIsCutOff) {
  const HttpExchange exchange = Get("/file?size=1000&cut=400");

  EXPECT_EQ(exchange.status.code(), absl::StatusCode::kDataLoss);
  EXPECT_TRUE(exchange.is_transient);
  EXPECT_THAT(exchange.status.message(),
              HasSubstr("the body ended before its announced length"));
  EXPECT_THAT(exchange.status.message(), HasSubstr("600 bytes remaining"));
}

TEST_F(CurlTransportTest, FindsAChunkedBodyThatIsCutOff) {
  const HttpExchange exchange = Get("/file?size=1000&chunked=1&cut=400");

  EXPECT_FALSE(exchange.status.ok());
  EXPECT_TRUE(exchange.is_transient);
}

TEST_F(CurlTransportTest, EndsAtALengthThatIsTooSmallAndUsesNoneOfTheRest) {
  const CurlTransport transport;
  const HttpExchange lie = transport.Exchange(
      Request("GET", server_->Url("/file?size=1000&length=400")), nullptr);
  const HttpExchange next = transport.Exchange(
      Request("GET", server_->Url("/file?size=10")), nullptr);

  EXPECT_EQ(lie.response.body, PatternBytes(400));
  EXPECT_EQ(next.response.body, PatternBytes(10));
}

TEST_F(CurlTransportTest, GivesUpOnAServerThatIsTooSlow) {
  CurlOptions options;
  options.stall_timeout = absl::Seconds(1);
  const HttpExchange exchange =
      Get("/file?size=1000&stall=400", nullptr, options);

  EXPECT_EQ(exchange.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(exchange.is_transient);
  EXPECT_THAT(exchange.status.message(), HasSubstr("the server is too slow"));
  EXPECT_THAT(exchange.status.message(), HasSubstr("stall_timeout"));
}

TEST_F(CurlTransportTest, ReadsNoMoreOfAnErrorThanAMessageNeeds) {
  for (const char* status : {"302", "404", "503"}) {
    const HttpExchange exchange =
        Get(absl::StrCat("/file?endless=1&status=", status));

    EXPECT_TRUE(exchange.status.ok()) << exchange.status;
    EXPECT_EQ(absl::StrCat(exchange.response.status), status);
    EXPECT_EQ(exchange.response.body.size(), 64 << 10);
  }
}

TEST_F(CurlTransportTest, TakesAnyPartOfASecondAsATimeOut) {
  CurlOptions options;
  options.stall_timeout = absl::Milliseconds(1);
  options.min_rate = 1000000;
  const HttpExchange exchange =
      Get("/file?size=1000&stall=400", nullptr, options);

  EXPECT_EQ(exchange.status.code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(CurlTransportTest, SaysThatNobodyAnswers) {
  int port = 0;
  { port = TestServer(kScript).port(); }
  const HttpExchange exchange = CurlTransport().Exchange(
      Request("GET", absl::StrCat("http://127.0.0.1:", port, "/a?sig=secret")),
      nullptr);

  EXPECT_EQ(exchange.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(exchange.is_transient);
  EXPECT_THAT(exchange.status.message(),
              HasSubstr("/a?sig=***: no connection"));
  EXPECT_THAT(exchange.status.message(), Not(HasSubstr("secret")));
}

TEST_F(CurlTransportTest, SaysThatAHostIsNotKnown) {
  const HttpExchange exchange = CurlTransport().Exchange(
      Request("GET", "http://none.invalid/a"), nullptr);

  EXPECT_EQ(exchange.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(exchange.status.message(), HasSubstr("the host is not known"));
  EXPECT_THAT(exchange.status.message(), HasSubstr("none.invalid"));
}

TEST_F(CurlTransportTest, SaysWhenItIsNoHttp) {
  // The server's TLS in plain text, and the reverse.
  const HttpExchange exchange = CurlTransport().Exchange(
      Request("GET", absl::StrCat("https://127.0.0.1:", server_->port(), "/")),
      nullptr);

  EXPECT_EQ(exchange.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(exchange.status.message(), HasSubstr("the connection broke"));
}

TEST_F(CurlTransportTest, GoesThroughTheEnvironmentsProxy) {
  setenv("http_proxy", server_->Url("").c_str(), 1);
  const HttpExchange exchange = CurlTransport().Exchange(
      Request("GET", "http://far.invalid/echo"), nullptr);
  setenv("no_proxy", "far.invalid", 1);
  const HttpExchange direct = CurlTransport().Exchange(
      Request("GET", "http://far.invalid/echo"), nullptr);
  unsetenv("http_proxy");
  unsetenv("no_proxy");

  EXPECT_THAT(exchange.response.body, HasSubstr("GET http://far.invalid/echo"));
  EXPECT_FALSE(direct.status.ok());
}

// -- TLS.

class TlsTest : public ::testing::Test {
 protected:
  // A GET from a server whose certificate is for `address`.
  HttpExchange Get(const std::string& address, absl::Duration lifetime,
                   bool trusts) {
    const std::string folder = ::testing::TempDir();
    const std::string certificate = folder + "/cert.pem";
    const std::string key = folder + "/key.pem";
    MakeCertificate(address, lifetime, certificate, key);
    const TestServer server(kScript, {certificate, key});
    CurlOptions options;
    if (trusts) options.ca_file = certificate;
    return CurlTransport(options).Exchange(
        Request("GET", absl::StrCat("https://127.0.0.1:", server.port(),
                                    "/file?size=10")),
        nullptr);
  }
};

TEST_F(TlsTest, TakesACertificateThatItTrusts) {
  const HttpExchange exchange = Get("127.0.0.1", absl::Hours(1), true);

  ASSERT_TRUE(exchange.status.ok()) << exchange.status;
  EXPECT_EQ(exchange.response.body, PatternBytes(10));
}

TEST_F(TlsTest, PausesWhereOneStepWouldGiveMuch) {
  const std::string certificate = ::testing::TempDir() + "/cert.pem";
  const std::string key = ::testing::TempDir() + "/key.pem";
  MakeCertificate("127.0.0.1", absl::Hours(1), certificate, key);
  const TestServer server(kScript, {certificate, key});
  CurlOptions options;
  options.ca_file = certificate;
  const CurlTransport transport(options);
  std::string body;
  const auto exchange = transport.Begin(
      Request("GET", absl::StrCat("https://127.0.0.1:", server.port(),
                                  "/file?size=20000000")),
      [&body](const HttpResponse&, absl::string_view bytes) {
        absl::StrAppend(&body, bytes);
        return absl::OkStatus();
      });
  size_t before = 0;
  while (exchange->Advance()) {
    EXPECT_LE(body.size() - before, 1 << 20);
    before = body.size();
  }

  EXPECT_TRUE(exchange->result().status.ok()) << exchange->result().status;
  EXPECT_EQ(body, PatternBytes(20000000));
}

TEST_F(TlsTest, RefusesASelfSignedCertificate) {
  const HttpExchange exchange = Get("127.0.0.1", absl::Hours(1), false);

  EXPECT_EQ(exchange.status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_FALSE(exchange.is_transient);
  EXPECT_THAT(exchange.status.message(), HasSubstr("can't be trusted"));
  EXPECT_THAT(exchange.status.message(), HasSubstr("self-signed certificate"));
  EXPECT_THAT(exchange.status.message(), HasSubstr("ca_file"));
}

TEST_F(TlsTest, RefusesAnExpiredCertificate) {
  const HttpExchange exchange = Get("127.0.0.1", -absl::Hours(1), true);

  EXPECT_EQ(exchange.status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(exchange.status.message(), HasSubstr("has expired"));
  EXPECT_THAT(exchange.status.message(), HasSubstr("renew"));
}

TEST_F(TlsTest, RefusesACertificateForAnotherHost) {
  const HttpExchange exchange = Get("127.0.0.2", absl::Hours(1), true);

  EXPECT_EQ(exchange.status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_THAT(exchange.status.message(), HasSubstr("host name"));
}

TEST_F(TlsTest, TakesTheAuthoritiesOfTheEnvironment) {
  const std::string file = ::testing::TempDir() + "/cert.pem";
  setenv("CURL_CA_BUNDLE", file.c_str(), 1);
  const HttpExchange exchange = Get("127.0.0.1", absl::Hours(1), false);
  setenv("CURL_CA_BUNDLE", "/nowhere.pem", 1);
  const HttpExchange missing = Get("127.0.0.1", absl::Hours(1), false);
  unsetenv("CURL_CA_BUNDLE");

  EXPECT_TRUE(exchange.status.ok()) << exchange.status;
  EXPECT_EQ(missing.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(missing.status.message(), HasSubstr("CURL_CA_BUNDLE"));
}

}  // namespace
}  // namespace anneal
