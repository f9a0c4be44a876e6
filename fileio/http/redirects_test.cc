#include "fileio/http/redirects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fileio/http/fake_transport.h"
#include "fileio/http/http_transport.h"

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

class RedirectsTest : public ::testing::Test {
 protected:
  HttpExchange Send(const HttpRequest& request,
                    std::vector<HttpExchange> answers) {
    const FakeTransport transport(std::move(answers), &requests_);
    return Finish(
        FollowRedirects(transport, request, nullptr, /*max_redirects=*/10));
  }
  HttpExchange Get(const std::string& url, std::vector<HttpExchange> answers) {
    HttpRequest request;
    request.url = url;
    request.headers = {{"authorization", "Bearer secret"},
                       {"range", "bytes=5-"}};
    return Send(request, std::move(answers));
  }
  static HttpExchange Answer(int status, HttpHeaders headers = {}) {
    return FakeTransport::Answer(status, std::move(headers));
  }

  std::vector<HttpRequest> requests_;
};

TEST_F(RedirectsTest, FollowsRedirectsOnTheSameHostWithCredentials) {
  const HttpExchange exchange = Get(
      "http://h/a/b",
      {Answer(302, {{"location", "c?x=1"}}), Answer(307, {{"location", "/d"}}),
       Answer(301, {{"location", "http://h:80/e"}}),
       Answer(308, {{"location", "?y"}}),
       Answer(302, {{"location", "/f?to=https://x/g"}}), Answer(200)});

  EXPECT_EQ(exchange.response.status, 200);

  std::vector<std::string> urls;
  for (const HttpRequest& request : requests_) urls.push_back(request.url);
  EXPECT_THAT(urls,
              ElementsAre("http://h/a/b", "http://h/a/c?x=1", "http://h/d",
                          "http://h:80/e", "http://h:80/e?y",
                          "http://h:80/f?to=https://x/g"));
  EXPECT_THAT(requests_.back().headers,
              Contains(Pair("authorization", "Bearer secret")));
}

TEST_F(RedirectsTest, LeavesCredentialsBehindOnAnotherHost) {
  for (const char* location :
       {"http://other/a", "http://h:81/a", "https://h/a", "//other/a"}) {
    requests_.clear();
    Get("http://h/a", {Answer(302, {{"location", location}}), Answer(200)});
    ASSERT_THAT(requests_, SizeIs(2));
    EXPECT_THAT(requests_[1].headers, Not(Contains(Key("authorization"))))
        << location;
    EXPECT_THAT(requests_[1].headers, Contains(Pair("range", "bytes=5-")));
  }
}

TEST_F(RedirectsTest, EndsRedirectsInACircle) {
  const absl::Status status =
      Get("http://h/a", {Answer(302, {{"location", "/a?sig=secret"}})}).status;

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(status.message(), HasSubstr("more than 10 redirects"));
  EXPECT_THAT(status.message(), Not(HasSubstr("secret")));
  EXPECT_THAT(requests_, SizeIs(11));
}

TEST_F(RedirectsTest, FollowsNoRedirectAwayFromHttps) {
  const absl::Status plain =
      Get("https://h/a", {Answer(302, {{"location", "http://h/a"}})}).status;
  const absl::Status file =
      Get("https://h/a", {Answer(302, {{"location", "file:///etc/passwd"}})})
          .status;

  EXPECT_EQ(plain.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(plain.message(), HasSubstr("redirected from https to http://h"));
  EXPECT_EQ(file.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(file.message(), HasSubstr("no URL of HTTP"));
}

TEST_F(RedirectsTest, FollowsNoRedirectOfAWriteOrASignedRequest) {
  HttpRequest put;
  put.method = "PUT";
  put.url = "http://h/a";
  HttpRequest get;
  get.url = "http://h/a";
  get.sign = [](HttpRequest*) {};

  EXPECT_EQ(Send(put, {Answer(302, {{"location", "/b"}})}).response.status,
            302);
  EXPECT_EQ(Send(get, {Answer(302, {{"location", "/b"}})}).response.status,
            302);
}

TEST_F(RedirectsTest, RefusesLineEndsInHeadersAndBadUrls) {
  HttpRequest request;
  request.url = "http://h/a";
  request.headers["x"] = "a\r\nevil: 1";
  const absl::Status header = Send(request, {Answer(200)}).status;
  request.url = "gopher://h/a";
  const absl::Status url = Send(request, {Answer(200)}).status;

  EXPECT_EQ(header.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(header.message(), HasSubstr("header x has a line end"));
  EXPECT_EQ(url.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(requests_, IsEmpty());
}

}  // namespace
}  // namespace anneal
