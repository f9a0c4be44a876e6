#include "fileio/memcached/memcached_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "fileio/file_client.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// The memcached program, on a free port of this machine.
class Server {
 public:
  Server() {
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
  ~Server() { Stop(); }

  void Stop() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  const std::string& address() const { return address_; }

 private:
  // The file appears, whole, when the server listens.
  std::string WaitForPort(const std::string& port_file) {
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

  pid_t pid_;
  std::string address_;
};

class MemcachedBackendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MemcachedOptions options;
    options.servers = {server_.address()};
    backend_ = *MemcachedBackend::Create(options);
  }

  Server server_;
  std::unique_ptr<MemcachedBackend> backend_;
};

TEST_F(MemcachedBackendTest, GetsWhatWasPut) {
  const std::string bytes("\0binary\r\n\xff", 10);
  ASSERT_TRUE(backend_->Put(bytes, "a/b.bin").ok());
  ASSERT_TRUE(backend_->Put("", "empty").ok());
  ASSERT_TRUE(backend_->Put("old", "c").ok());
  ASSERT_TRUE(backend_->Put("new", "c").ok());

  EXPECT_EQ(*backend_->Get("a/b.bin"), bytes);
  EXPECT_EQ(*backend_->Get("empty"), "");
  EXPECT_EQ(*backend_->Get("c"), "new");
}

TEST_F(MemcachedBackendTest, TellsWhatIsThere) {
  ASSERT_TRUE(backend_->Put("1", "a").ok());

  EXPECT_TRUE(*backend_->Exists("a"));
  EXPECT_TRUE(*backend_->IsFile("a"));
  EXPECT_FALSE(*backend_->Exists("b"));
  ASSERT_TRUE(backend_->Remove("a").ok());
  EXPECT_FALSE(*backend_->Exists("a"));
  EXPECT_TRUE(absl::IsNotFound(backend_->Remove("a")));
}

TEST_F(MemcachedBackendTest, NamesTheKeyThatIsMissing) {
  const absl::Status status = backend_->Get("none").status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(
      std::string(status.message()),
      absl::StrCat("memcached (", server_.address(), ") has no key \"none\""));
}

TEST_F(MemcachedBackendTest, RefusesKeysThatAreCommands) {
  for (const std::string& key :
       {std::string("a\r\nflush_all"), std::string("a b"), std::string(),
        std::string(251, 'x')}) {
    const absl::Status status = backend_->Put("1", key);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << key;
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("a key is 1 to 250 bytes"));
  }
}

TEST_F(MemcachedBackendTest, SaysThatAValueIsTooLarge) {
  const absl::Status status = backend_->Put(std::string(2 << 20, 'x'), "a");

  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("its option -I"));
  ASSERT_TRUE(backend_->Put("1", "a").ok());
  EXPECT_EQ(*backend_->Get("a"), "1");
}

TEST_F(MemcachedBackendTest, ServesThreads) {
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([this, t] {
      for (int i = 0; i < 100; ++i) {
        const std::string key = absl::StrCat(t, "/", i);
        EXPECT_TRUE(backend_->Put(key, key).ok());
        EXPECT_EQ(*backend_->Get(key), key);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(MemcachedBackendTest, SaysThatTheServerIsAway) {
  ASSERT_TRUE(backend_->Put("1", "a").ok());
  server_.Stop();

  for (const absl::Status& status :
       {backend_->Get("a").status(), backend_->Put("1", "a"),
        backend_->Exists("a").status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr(server_.address()));
  }
}

TEST_F(MemcachedBackendTest, IsChosenByArguments) {
  ASSERT_TRUE(backend_->Put("text", "a").ok());
  fileio::BackendArgs args;
  auto& fields = *args.mutable_fields();
  fields["backend"].set_string_value("memcached");
  fields["servers"].set_string_value(server_.address());

  EXPECT_EQ(*fileio::GetText("a", args), "text");
  EXPECT_EQ((*fileio::OpenInput("a", args))->size(), 4);
}

TEST_F(MemcachedBackendTest, TakesMmenginesFiles) {
  ASSERT_TRUE(backend_->Put("text", "a").ok());
  const std::string servers = ::testing::TempDir() + "/server_list.conf";
  const std::string client = ::testing::TempDir() + "/client.conf";
  std::ofstream(servers) << "# all of them\n" << server_.address() << "\n";
  std::ofstream(client) << "--BINARY-PROTOCOL\n";
  fileio::BackendArgs args;
  auto& fields = *args.mutable_fields();
  fields["backend"].set_string_value("memcached");
  fields["server_list_cfg"].set_string_value(servers);
  fields["client_cfg"].set_string_value(client);
  fields["sys_path"].set_string_value("/opt/pymc");

  EXPECT_EQ(*fileio::Get("a", args), "text");
}

TEST(MemcachedBackend, RefusesATimeOutThatIsNone) {
  for (const double timeout : {-1.0, 0.0}) {
    fileio::BackendArgs args;
    (*args.mutable_fields())["backend"].set_string_value("memcached");
    (*args.mutable_fields())["timeout"].set_number_value(timeout);
    const absl::Status status = fileio::Get("key", args).status();

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(status.message(), HasSubstr("timeout: it is from 0.001"));
  }
}

TEST(MemcachedBackend, RefusesWhatIsNoServer) {
  MemcachedOptions options;
  EXPECT_THAT(std::string(MemcachedBackend::Create(options).status().message()),
              HasSubstr("no servers"));
  for (const char* server : {":1", "a:b", "a:99999", ""}) {
    options.servers = {server};
    const absl::Status status = MemcachedBackend::Create(options).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr(absl::StrCat("\"", server, "\" is no server")));
  }
  options.servers = {"a"};
  options.client_options = "--NONSENSE";
  EXPECT_THAT(std::string(MemcachedBackend::Create(options).status().message()),
              HasSubstr("refuses the options"));
}

}  // namespace
}  // namespace anneal
