// Values of memcached servers.
#ifndef ANNEAL_FILEIO_MEMCACHED_MEMCACHED_BACKEND_H_
#define ANNEAL_FILEIO_MEMCACHED_MEMCACHED_BACKEND_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "fileio/file_backend.h"

namespace anneal {

struct MemcachedOptions {
  // "host:port", "host" (port 11211), or the path of a Unix socket. At least
  // one; a key is on the server that its hash picks, of those in this order.
  std::vector<std::string> servers;
  // libmemcached's options, as "--BINARY-PROTOCOL --HASH=MURMUR".
  std::string client_options;
  // For a connection and for an answer.
  absl::Duration timeout = absl::Seconds(5);
};

// Bytes by key, which is a "path" here: mmengine's MemcachedBackend, as
//
//   backend_args: {backend: memcached, servers: ["cache0:11211", "cache1"]}
//
// mmengine's server_list_cfg is a file with a server each line, client_cfg one
// of libmemcached's options; `timeout` is in seconds. A key is 1 to 250 bytes
// without white space. Get, Exists, IsFile, Put and Remove. A server that is
// away is Unavailable.
class MemcachedBackend : public FileBackend {
 public:
  // InvalidArgument for no server, one that is no address, or options that
  // libmemcached lacks. Connects at first use.
  static absl::StatusOr<std::unique_ptr<MemcachedBackend>> Create(
      const MemcachedOptions& options);
  ~MemcachedBackend() override;

  std::string name() const override { return "MemcachedBackend"; }
  absl::StatusOr<std::string> Get(const std::string& key) const override;
  absl::Status Put(absl::string_view bytes,
                   const std::string& key) const override;
  absl::StatusOr<bool> Exists(const std::string& key) const override;
  absl::StatusOr<bool> IsFile(const std::string& key) const override {
    return Exists(key);
  }
  absl::StatusOr<bool> IsDir(const std::string&) const override {
    return false;
  }
  absl::Status Remove(const std::string& key) const override;

 private:
  class Clients;
  explicit MemcachedBackend(std::unique_ptr<Clients> clients);

  const std::unique_ptr<Clients> clients_;
};

}  // namespace anneal

#endif  // ANNEAL_FILEIO_MEMCACHED_MEMCACHED_BACKEND_H_
