#include "fileio/memcached/memcached_backend.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "fileio/file_client.h"
#include "fileio/memcached/memcached_test_server.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

class MemcachedBackendTest : public ::testing::Test {
 protected:
  void SetUp() override {
    MemcachedOptions options;
    options.servers = {server_.address()};
    backend_ = *MemcachedBackend::Create(options);
  }

  MemcachedTestServer server_;
  std::unique_ptr<MemcachedBackend> backend_;
};

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
