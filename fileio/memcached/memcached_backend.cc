#include "fileio/memcached/memcached_backend.h"

#include <libmemcached/memcached.h>

#include <cstdlib>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "fileio/backend_args.h"
#include "fileio/backend_registry.h"
#include "fileio/file_client.h"
#include "fileio/text_lines.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

struct Freer {
  void operator()(memcached_st* client) const { memcached_free(client); }
};
using Client = std::unique_ptr<memcached_st, Freer>;

absl::Status AddServer(memcached_st* client, const std::string& server) {
  memcached_return_t code;
  if (absl::StrContains(server, '/')) {
    code = memcached_server_add_unix_socket(client, server.c_str());
  } else {
    const std::vector<std::string> parts =
        absl::StrSplit(server, absl::MaxSplits(':', 1));
    int port = MEMCACHED_DEFAULT_PORT;
    const bool has_port =
        parts.size() == 1 ||
        (absl::SimpleAtoi(parts[1], &port) && port > 0 && port < 65536);
    if (parts[0].empty() || !has_port) {
      return absl::InvalidArgumentError(absl::StrCat(
          "memcached: \"", server,
          "\" is no server; write host:port or the path of a socket"));
    }
    code = memcached_server_add(client, parts[0].c_str(), port);
  }
  if (code == MEMCACHED_SUCCESS) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("memcached: can't add the server ", server, ": ",
                   memcached_strerror(client, code)));
}

// Lines without comments.
absl::StatusOr<std::vector<std::string>> LinesOf(const std::string& path) {
  std::vector<std::string> lines;
  if (path.empty()) return lines;
  ASSIGN_OR_RETURN(const auto all, fileio::ListFromFile(path));
  for (absl::string_view line : all) {
    line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

absl::StatusOr<std::unique_ptr<const FileBackend>> MakeMemcached(
    const fileio::BackendArgs& args) {
  fileio::BackendArgsReader reader("memcached", args);
  MemcachedOptions options;
  options.servers = reader.StringList("servers");
  const std::string server_list = reader.String("server_list_cfg", "");
  const std::string client = reader.String("client_cfg", "");
  options.timeout =
      reader.Seconds("timeout", options.timeout, absl::Milliseconds(1));
  reader.String("sys_path", "");  // where Python's client is
  RETURN_IF_ERROR(reader.Finish());
  ASSIGN_OR_RETURN(const auto listed, LinesOf(server_list));
  options.servers.insert(options.servers.end(), listed.begin(), listed.end());
  ASSIGN_OR_RETURN(const auto client_options, LinesOf(client));
  options.client_options = absl::StrJoin(client_options, " ");
  return MemcachedBackend::Create(options);
}

const fileio::BackendRegistration kRegistration("memcached", &MakeMemcached);

}  // namespace

// A client serves a thread at a time: each takes one and gives it back.
class MemcachedBackend::Clients {
 public:
  Clients(Client first, std::string servers)
      : first_(std::move(first)), servers_(std::move(servers)) {}

  Client Take() {
    absl::MutexLock lock(&mutex_);
    if (idle_.empty()) return Client(memcached_clone(nullptr, first_.get()));
    Client client = std::move(idle_.back());
    idle_.pop_back();
    return client;
  }
  void GiveBack(Client client) {
    absl::MutexLock lock(&mutex_);
    idle_.push_back(std::move(client));
  }

  // Calls `operation` with a client and makes its code a status.
  template <typename Operation>
  absl::Status Run(absl::string_view what, const std::string& key,
                   Operation operation) {
    Client client = Take();
    const memcached_return_t code = operation(client.get());
    const absl::Status status = FromCode(client.get(), code, what, key);
    // One that failed may have half an answer in its buffers.
    if (status.ok() || absl::IsNotFound(status)) GiveBack(std::move(client));
    return status;
  }

 private:
  absl::Status FromCode(memcached_st* client, memcached_return_t code,
                        absl::string_view what, const std::string& key) const {
    if (code == MEMCACHED_SUCCESS) return absl::OkStatus();
    const std::string shown = absl::CHexEscape(key.substr(0, 300));
    const std::string message =
        absl::StrCat("can't ", what, " \"", shown, "\" of memcached (",
                     servers_, "): ", memcached_strerror(client, code));
    switch (code) {
      case MEMCACHED_NOTFOUND:
        return absl::NotFoundError(absl::StrCat(
            "memcached (", servers_, ") has no key \"", shown, "\""));
      case MEMCACHED_BAD_KEY_PROVIDED:
      case MEMCACHED_KEY_TOO_BIG:
        return absl::InvalidArgumentError(absl::StrCat(
            message, "; a key is 1 to 250 bytes without white space"));
      case MEMCACHED_E2BIG:
        return absl::ResourceExhaustedError(absl::StrCat(
            message, "; the server takes larger values with its option -I"));
      case MEMCACHED_SERVER_MEMORY_ALLOCATION_FAILURE:
        return absl::ResourceExhaustedError(message);
      default:
        return absl::UnavailableError(
            absl::StrCat(message, "; is the server there?"));
    }
  }

  const Client first_;
  const std::string servers_;
  absl::Mutex mutex_;
  std::vector<Client> idle_ ABSL_GUARDED_BY(mutex_);
};

absl::StatusOr<std::unique_ptr<MemcachedBackend>> MemcachedBackend::Create(
    const MemcachedOptions& options) {
  if (options.servers.empty()) {
    return absl::InvalidArgumentError(
        "memcached: no servers; give servers: [\"host:port\"] or a "
        "server_list_cfg");
  }
  Client client(options.client_options.empty()
                    ? memcached_create(nullptr)
                    : memcached(options.client_options.data(),
                                options.client_options.size()));
  if (client == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("memcached: libmemcached refuses the options \"",
                     options.client_options, "\""));
  }
  for (const std::string& server : options.servers) {
    RETURN_IF_ERROR(AddServer(client.get(), server));
  }
  const uint64_t timeout = absl::ToInt64Milliseconds(options.timeout);
  memcached_behavior_set(client.get(), MEMCACHED_BEHAVIOR_CONNECT_TIMEOUT,
                         timeout);
  memcached_behavior_set(client.get(), MEMCACHED_BEHAVIOR_POLL_TIMEOUT,
                         timeout);
  memcached_behavior_set(client.get(), MEMCACHED_BEHAVIOR_TCP_NODELAY, 1);
  // Else a key with white space is sent, and read as a command.
  memcached_behavior_set(client.get(), MEMCACHED_BEHAVIOR_VERIFY_KEY, 1);
  return std::unique_ptr<MemcachedBackend>(
      new MemcachedBackend(std::make_unique<Clients>(
          std::move(client), absl::StrJoin(options.servers, ", "))));
}

MemcachedBackend::MemcachedBackend(std::unique_ptr<Clients> clients)
    : clients_(std::move(clients)) {}
MemcachedBackend::~MemcachedBackend() = default;

absl::StatusOr<std::string> MemcachedBackend::Get(
    const std::string& key) const {
  std::string bytes;
  RETURN_IF_ERROR(clients_->Run("get", key, [&](memcached_st* client) {
    memcached_return_t code;
    size_t size = 0;
    uint32_t flags = 0;
    char* value =
        memcached_get(client, key.data(), key.size(), &size, &flags, &code);
    if (value != nullptr) {
      bytes.assign(value, size);
      std::free(value);
    }
    return code;
  }));
  return bytes;
}

absl::Status MemcachedBackend::Put(absl::string_view bytes,
                                   const std::string& key) const {
  return clients_->Run("put", key, [&](memcached_st* client) {
    return memcached_set(client, key.data(), key.size(), bytes.data(),
                         bytes.size(), 0, 0);
  });
}

absl::StatusOr<bool> MemcachedBackend::Exists(const std::string& key) const {
  const absl::Status status =
      clients_->Run("look for", key, [&](memcached_st* client) {
        return memcached_exist(client, key.data(), key.size());
      });
  if (absl::IsNotFound(status)) return false;
  RETURN_IF_ERROR(status);
  return true;
}

absl::Status MemcachedBackend::Remove(const std::string& key) const {
  return clients_->Run("remove", key, [&](memcached_st* client) {
    return memcached_delete(client, key.data(), key.size(), 0);
  });
}

}  // namespace anneal
