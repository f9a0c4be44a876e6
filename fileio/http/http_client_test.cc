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

TEST_F(HttpClientTest, FollowsRedirectsUpToItsLimit) {
  const absl::Status status =
      Get("http://h/a", {Answer(302, {{"location", "/a"}})}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(requests_, SizeIs(11));
}

}  // namespace
}  // namespace anneal
