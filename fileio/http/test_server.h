// Servers of tests: Python scripts that print the port they listen on.
#ifndef ANNEAL_FILEIO_HTTP_TEST_SERVER_H_
#define ANNEAL_FILEIO_HTTP_TEST_SERVER_H_

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace anneal {

// Runs `script`, a path from the workspace's root, with Debian's python3 until
// it goes. Dies where it does not start.
class TestServer {
 public:
  explicit TestServer(const std::string& script,
                      const std::vector<std::string>& arguments = {});
  ~TestServer();
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  int port() const { return port_; }
  // "http://127.0.0.1:PORT" and `path`.
  std::string Url(const std::string& path) const;

 private:
  pid_t pid_ = 0;
  int port_ = 0;
};

// Byte i is i % 251: what test_server.py serves.
std::string PatternBytes(int64_t size);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_HTTP_TEST_SERVER_H_
