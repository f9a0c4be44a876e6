#include "fileio/s3/s3_test_server.h"

#include "absl/strings/str_split.h"
#include "fileio/http/http_client.h"

namespace anneal {

S3Options S3TestServer::Options() const {
  S3Options options;
  options.endpoint_url = server_.Url("");
  options.credentials = AwsCredentials{"AKIDTEST", "secret/of+test", ""};
  options.part_size = 1000;
  options.num_threads = 3;
  options.http.retry.sleep = [](absl::Duration) {};
  return options;
}

std::unique_ptr<S3Backend> S3TestServer::Backend() const {
  return std::make_unique<S3Backend>(
      [options = Options()](const std::string&) { return options; });
}

std::vector<std::string> S3TestServer::Lines(const std::string& path) const {
  HttpRequest request;
  request.url = server_.Url(path);
  return absl::StrSplit(HttpClient().Send(request)->body, '\n',
                        absl::SkipEmpty());
}

void S3TestServer::Fault(const std::string& query) const {
  HttpRequest request;
  request.method = "POST";
  request.url = server_.Url("/__fault?" + query);
  HttpClient().Send(request).IgnoreError();
}

std::vector<std::string> S3TestServer::Uploads() const {
  return Lines("/__uploads");
}

std::vector<std::string> S3TestServer::Log() const { return Lines("/__log"); }

}  // namespace anneal
