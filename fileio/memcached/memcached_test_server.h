// The memcached program, for tests.
#ifndef ANNEAL_FILEIO_MEMCACHED_MEMCACHED_TEST_SERVER_H_
#define ANNEAL_FILEIO_MEMCACHED_MEMCACHED_TEST_SERVER_H_

#include <sys/types.h>

#include <string>

namespace anneal {

// A server on a free port of this machine, which ends with the object.
class MemcachedTestServer {
 public:
  MemcachedTestServer();
  ~MemcachedTestServer() { Stop(); }
  MemcachedTestServer(const MemcachedTestServer&) = delete;
  MemcachedTestServer& operator=(const MemcachedTestServer&) = delete;

  void Stop();
  // "127.0.0.1:PORT".
  const std::string& address() const { return address_; }

 private:
  std::string WaitForPort(const std::string& port_file);

  pid_t pid_;
  std::string address_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_MEMCACHED_MEMCACHED_TEST_SERVER_H_
