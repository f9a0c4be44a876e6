// fake_s3.py and clients of it, for tests.
#ifndef ANNEAL_FILEIO_S3_S3_TEST_SERVER_H_
#define ANNEAL_FILEIO_S3_S3_TEST_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "fileio/http/test_server.h"
#include "fileio/s3/s3_backend.h"
#include "fileio/s3/s3_options.h"

namespace anneal {

// An S3 server with the buckets "bucket", "other" and "public-data".
class S3TestServer {
 public:
  explicit S3TestServer(const std::vector<std::string>& arguments = {})
      : server_("fileio/s3/fake_s3.py", arguments) {}

  // Its right keys, parts of 1000 bytes, 3 threads and no pauses.
  S3Options Options() const;
  // A backend for every cluster with those options.
  std::unique_ptr<S3Backend> Backend() const;

  // "times=2&status=503&code=SlowDown&method=PUT&match=TEXT": see fake_s3.py.
  void Fault(const std::string& query) const;
  // "bucket/key" of each unfinished multipart upload.
  std::vector<std::string> Uploads() const;
  // "METHOD /path?query" of each request so far.
  std::vector<std::string> Log() const;

  const TestServer& server() const { return server_; }

 private:
  std::vector<std::string> Lines(const std::string& path) const;

  const TestServer server_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_S3_S3_TEST_SERVER_H_
