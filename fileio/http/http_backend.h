// Files of web servers.
#ifndef ANNEAL_FILEIO_HTTP_HTTP_BACKEND_H_
#define ANNEAL_FILEIO_HTTP_HTTP_BACKEND_H_

#include <memory>
#include <string>

#include "fileio/file_backend.h"
#include "fileio/http/http_client.h"

namespace anneal {

// mmengine's HTTPBackend: reads http:// and https:// URLs, with retries,
// resumed downloads and checked checksums (HttpClient, Download). There are no
// folders, and nothing is written. A user and word in the URL
// ("https://user:word@host/file") are sent as basic authentication and shown by
// no error. Linking //fileio/http registers it as "http" for both prefixes:
//
//   backend_args:
//     backend: http   # or HTTPBackend
//     headers: {Authorization: "Bearer ..."}  # not sent to other hosts
//     max_redirects: 10
//     max_attempts: 5   # and what else ReadHttpOptions takes
class HTTPBackend : public FileBackend {
 public:
  explicit HTTPBackend(HttpOptions options = {}, HttpHeaders headers = {});

  std::string name() const override { return "HTTPBackend"; }
  absl::StatusOr<std::string> Get(const std::string& path) const override;
  absl::StatusOr<std::string> GetText(const std::string& path) const override;
  // Holds at most some MiB of the file.
  absl::StatusOr<std::unique_ptr<InputStream>> OpenInput(
      const std::string& path) const override;
  // By HEAD, where the server does not allow that by a GET of a byte.
  absl::StatusOr<bool> Exists(const std::string& path) const override;
  // A copy whose name ends as the URL's path does.
  absl::StatusOr<LocalPath> GetLocalPath(
      const std::string& path) const override;
  absl::StatusOr<std::string> CopyFileToLocal(
      const std::string& from, const std::string& to) const override;

 private:
  HttpRequest Request(const std::string& path) const;

  const HttpClient client_;
  const HttpHeaders headers_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_HTTP_BACKEND_H_
