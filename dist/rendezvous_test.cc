#include "dist/rendezvous.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <vector>

namespace anneal::dist {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

// A socket that listens on a free port of this machine.
int ListenOnFreePort(int* port) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(fd, 64), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  *port = ntohs(address.sin_port);
  return fd;
}

// Runs `body` in a new process for each of the ranks that are there.
void RunAll(const std::vector<int>& ranks, int world_size,
            const std::function<void(const RankEnvironment&)>& body) {
  int port = 0;
  const int fd = ListenOnFreePort(&port);
  std::vector<pid_t> processes;
  for (const int rank : ranks) {
    const pid_t process = fork();
    ASSERT_GE(process, 0);
    if (process == 0) {
      RankEnvironment env;
      env.rank = rank;
      env.world_size = world_size;
      env.master_port = port;
      env.run_id = "test";
      if (rank == 0) {
        env.master_listen_fd = fd;
      } else {
        close(fd);
      }
      body(env);
      _exit(::testing::Test::HasFailure() ? 1 : 0);
    }
    processes.push_back(process);
  }
  close(fd);
  for (const pid_t process : processes) {
    int status = 0;
    waitpid(process, &status, 0);
    EXPECT_EQ(status, 0);
  }
}

TEST(Rendezvous, GivesAllRanksOneStore) {
  RunAll({0, 1, 2}, 3, [](const RankEnvironment& env) {
    auto store = Rendezvous(env, absl::Seconds(60));
    ASSERT_TRUE(store.ok()) << store.status();
    (*store)->add("sum", env.rank + 1);
    (*store)->add("done", 1);
    while ((*store)->add("done", 0) < 3) {
    }

    EXPECT_EQ((*store)->add("sum", 0), 6);

    // The store goes with rank 0.
    if (env.rank > 0) {
      (*store)->add("gone", 1);
    } else {
      while ((*store)->add("gone", 0) < 2) {
      }
    }
  });
}

TEST(Rendezvous, NamesTheRanksThatDoNotCome) {
  RunAll({0}, 3, [](const RankEnvironment& env) {
    const absl::Status status =
        Rendezvous(env, absl::Milliseconds(300)).status();

    EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("ranks 1, 2 of 3"), HasSubstr("127.0.0.1:"),
                      HasSubstr("dist_cfg.timeout")));
  });
}

TEST(Rendezvous, SaysWhichAddressDoesNotAnswer) {
  int port = 0;
  close(ListenOnFreePort(&port));
  RankEnvironment env;
  env.rank = 1;
  env.world_size = 2;
  env.master_port = port;

  const absl::Status status = Rendezvous(env, absl::Milliseconds(300)).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("rank 1"), HasSubstr(std::to_string(port)),
                    HasSubstr("is rank 0 started")));
}

TEST(Rendezvous, APortInUseIsSaidToBe) {
  int port = 0;
  const int fd = ListenOnFreePort(&port);
  RankEnvironment env;
  env.world_size = 2;
  env.master_port = port;

  const absl::Status status = Rendezvous(env, absl::Seconds(5)).status();
  close(fd);

  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("rank 0 can't listen on port"),
                    HasSubstr("MASTER_PORT")));
}

TEST(Rendezvous, KnowsThisMachinesOwnNames) {
  EXPECT_TRUE(IsLoopback("localhost"));
  EXPECT_TRUE(IsLoopback("127.0.0.1"));
  EXPECT_FALSE(IsLoopback("node1"));
  EXPECT_FALSE(IsLoopback("10.0.0.1"));
}

}  // namespace
}  // namespace anneal::dist
