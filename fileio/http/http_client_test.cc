#include "fileio/http/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "fileio/http/fake_transport.h"
#include "tests/support/captured_log.h"

namespace anneal {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::Pair;
using ::testing::SizeIs;

class HttpClientTest : public ::testing::Test {
 protected:
  absl::StatusOr<HttpResponse> Send(const HttpRequest& request,
                                    std::vector<HttpExchange> answers) {
    const HttpClient client(
        OptionsWithoutPauses(&pauses_),
        std::make_unique<FakeTransport>(std::move(answers), &requests_));
    return client.Send(request);
  }
  absl::StatusOr<HttpResponse> Get(const std::string& url,
                                   std::vector<HttpExchange> answers) {
    HttpRequest request;
    request.url = url;
    request.headers = {{"authorization", "Bearer secret"},
                       {"range", "bytes=5-"}};
    return Send(request, std::move(answers));
  }
  static HttpExchange Answer(int status, HttpHeaders headers = {},
                             std::string body = "") {
    return FakeTransport::Answer(status, std::move(headers), std::move(body));
  }

  std::vector<HttpRequest> requests_;
  std::vector<absl::Duration> pauses_;
};

TEST_F(HttpClientTest, GivesAnyFinalAnswer) {
  EXPECT_EQ(Get("http://h/a", {Answer(404, {}, "none")})->body, "none");
  EXPECT_THAT(requests_, SizeIs(1));
}

TEST_F(HttpClientTest, TriesAgainAfterErrorsThatPass) {
  const auto response =
      Get("http://h/a",
          {Answer(503), FakeTransport::Broken("cut"),
           Answer(429, {{"retry-after", "3"}}), Answer(200, {}, "x")});

  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->body, "x");
  EXPECT_THAT(pauses_, ElementsAre(absl::Milliseconds(200),
                                   absl::Milliseconds(400), absl::Seconds(3)));
}

TEST_F(HttpClientTest, SaysHowLongItWaitsInMilliseconds) {
  HttpOptions options = OptionsWithoutPauses();
  options.retry.draw = [] { return 1.0 / 3; };
  const HttpClient client(
      options,
      std::make_unique<FakeTransport>(
          std::vector{FakeTransport::Broken("cut"), Answer(200)}, &requests_));
  const CapturedLog log;

  HttpRequest request;
  request.url = "http://h/a";
  EXPECT_TRUE(client.Send(request).ok());

  EXPECT_THAT(log.Lines(), Contains(HasSubstr("trying again in 66ms (")));
}

TEST_F(HttpClientTest, GivesUpAtLast) {
  EXPECT_EQ(Get("http://h/a", {Answer(503)})->status, 503);
  EXPECT_THAT(requests_, SizeIs(5));

  requests_.clear();
  const absl::Status status =
      Get("http://h/a", {FakeTransport::Broken("no way")}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("no way"));
  EXPECT_THAT(requests_, SizeIs(5));
}

TEST_F(HttpClientTest, EndsAPauseWhereItIsCancelled) {
  HttpRequest request;
  request.url = "http://h/a";
  request.is_cancelled = [this] { return pauses_.size() == 3; };

  const auto response =
      Send(request, {Answer(429, {{"retry-after", "60"}}), Answer(200)});

  EXPECT_EQ(response->status, 429);
  EXPECT_THAT(pauses_, ElementsAre(absl::Seconds(1), absl::Seconds(1),
                                   absl::Seconds(1)));
}

TEST_F(HttpClientTest, SignsEachAttemptAnew) {
  HttpRequest request;
  request.url = "http://h/a";
  int count = 0;
  request.sign = [&count](HttpRequest* signed_request) {
    signed_request->headers["x-count"] = std::to_string(++count);
  };

  ASSERT_TRUE(Send(request, {Answer(503), Answer(200)}).ok());

  ASSERT_THAT(requests_, SizeIs(2));
  EXPECT_THAT(requests_[0].headers, Contains(Pair("x-count", "1")));
  EXPECT_THAT(requests_[1].headers, Contains(Pair("x-count", "2")));
}

TEST_F(HttpClientTest, LogsRetriesWithoutCredentials) {
  const CapturedLog log;

  ASSERT_TRUE(Get("http://ann:secret@h/a?sig=secret",
                  {Answer(503), FakeTransport::Broken("cut"), Answer(200)})
                  .ok());

  const std::string lines = absl::StrJoin(log.Lines(), "\n");
  EXPECT_THAT(lines,
              HasSubstr("http://h/a?sig=***: the server answered 503; "
                        "trying again in 200ms (attempt 1 of 5 failed)"));
  EXPECT_THAT(lines, HasSubstr("cut; trying again in 400ms (attempt 2 of 5"));
  EXPECT_THAT(lines, Not(HasSubstr("secret")));
}

TEST_F(HttpClientTest, SendsTheUrlsCredentialsAsAHeader) {
  HttpRequest request;
  request.url = "http://ann:se%40cret@h/a";

  ASSERT_TRUE(Send(request, {Answer(200)}).ok());

  EXPECT_EQ(requests_[0].url, "http://h/a");
  // base64 of "ann:se@cret"
  EXPECT_EQ(requests_[0].headers["authorization"], "Basic YW5uOnNlQGNyZXQ=");
}

TEST_F(HttpClientTest, FollowsRedirectsOnTheSameHostWithCredentials) {
  ASSERT_TRUE(
      Get("http://h/a/b",
          {Answer(302, {{"location", "c?x=1"}}),
           Answer(307, {{"location", "/d"}}),
           Answer(301, {{"location", "http://h:80/e"}}),
           Answer(308, {{"location", "?y"}}),
           Answer(302, {{"location", "/f?to=https://x/g"}}), Answer(200)})
          .ok());

  std::vector<std::string> urls;
  for (const HttpRequest& request : requests_) urls.push_back(request.url);
  EXPECT_THAT(urls,
              ElementsAre("http://h/a/b", "http://h/a/c?x=1", "http://h/d",
                          "http://h:80/e", "http://h:80/e?y",
                          "http://h:80/f?to=https://x/g"));
  EXPECT_THAT(requests_.back().headers,
              Contains(Pair("authorization", "Bearer secret")));
}

TEST_F(HttpClientTest, LeavesCredentialsBehindOnAnotherHost) {
  for (const char* location :
       {"http://other/a", "http://h:81/a", "https://h/a", "//other/a"}) {
    requests_.clear();
    ASSERT_TRUE(
        Get("http://h/a", {Answer(302, {{"location", location}}), Answer(200)})
            .ok());
    ASSERT_THAT(requests_, SizeIs(2));
    EXPECT_THAT(requests_[1].headers, Not(Contains(Key("authorization"))))
        << location;
    EXPECT_THAT(requests_[1].headers, Contains(Pair("range", "bytes=5-")));
  }
}

TEST_F(HttpClientTest, EndsRedirectsInACircle) {
  const absl::Status status =
      Get("http://h/a", {Answer(302, {{"location", "/a?sig=secret"}})})
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("more than 10 redirects"));
  EXPECT_THAT(status.message(), Not(HasSubstr("secret")));
  EXPECT_THAT(requests_, SizeIs(11));
}

TEST_F(HttpClientTest, FollowsNoRedirectAwayFromHttps) {
  const absl::Status plain =
      Get("https://h/a", {Answer(302, {{"location", "http://h/a"}})}).status();
  const absl::Status file =
      Get("https://h/a", {Answer(302, {{"location", "file:///etc/passwd"}})})
          .status();

  EXPECT_EQ(plain.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(plain.message(), HasSubstr("redirected from https to http://h"));
  EXPECT_EQ(file.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(file.message(), HasSubstr("no URL of HTTP"));
}

TEST_F(HttpClientTest, FollowsNoRedirectOfAWriteOrASignedRequest) {
  HttpRequest put;
  put.method = "PUT";
  put.url = "http://h/a";
  HttpRequest get;
  get.url = "http://h/a";
  get.sign = [](HttpRequest*) {};

  EXPECT_EQ(Send(put, {Answer(302, {{"location", "/b"}})})->status, 302);
  EXPECT_EQ(Send(get, {Answer(302, {{"location", "/b"}})})->status, 302);
}

TEST_F(HttpClientTest, RefusesLineEndsInHeadersAndBadUrls) {
  HttpRequest request;
  request.url = "http://h/a";
  request.headers["x"] = "a\r\nevil: 1";
  const absl::Status header = Send(request, {Answer(200)}).status();
  request.url = "gopher://h/a";
  const absl::Status url = Send(request, {Answer(200)}).status();

  EXPECT_EQ(header.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(header.message(), HasSubstr("header x has a line end"));
  EXPECT_EQ(url.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(requests_, IsEmpty());
}

}  // namespace
}  // namespace anneal
