#include "fileio/memcached/memcached_test_server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace anneal {

MemcachedTestServer::MemcachedTestServer() {
  const std::string port_file = ::testing::TempDir() + "/memcached_port";
  unlink(port_file.c_str());
  pid_ = fork();
  if (pid_ == 0) {
    setenv("MEMCACHED_PORT_FILENAME", port_file.c_str(), 1);
    execlp("memcached", "memcached", "-p", "-1", "-U", "0", "-l", "127.0.0.1",
           "-u", "root", "-m", "64", nullptr);
    _exit(127);
  }
  address_ = absl::StrCat("127.0.0.1:", WaitForPort(port_file));
}

void MemcachedTestServer::Stop() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
  pid_ = 0;
}

// The file appears, whole, when the server listens.
std::string MemcachedTestServer::WaitForPort(const std::string& port_file) {
  const absl::Time deadline = absl::Now() + absl::Seconds(30);
  while (absl::Now() < deadline) {
    std::ifstream file(port_file);
    std::string word;
    while (file >> word) {  // TCP INET: 40123
      if (word == "INET:" && file >> word) return word;
    }
    if (waitpid(pid_, nullptr, WNOHANG) == pid_) break;
    poll(nullptr, 0, 1);
  }
  ADD_FAILURE() << "memcached does not start; is it installed?";
  return "1";
}

}  // namespace anneal
