#include "dist/launcher.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dist/communicator.h"

namespace anneal::dist {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

LaunchOptions Started(const std::string& launcher) {
  LaunchOptions options;
  options.launcher = launcher;
  options.timeout = absl::Seconds(60);
  options.failure_timeout = absl::Seconds(12);
  return options;
}

// Runs `body` as each rank of a run that --launcher local has started; gives
// what each process ended with, as waitpid does.
std::vector<int> RunAsLaunched(int world_size,
                               const std::function<void(Communicator&)>& body) {
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
  EXPECT_EQ(listen(fd, 64), 0);
  EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
  std::vector<pid_t> processes;
  for (int rank = 0; rank < world_size; ++rank) {
    const pid_t process = fork();
    EXPECT_GE(process, 0);
    if (process > 0) {
      processes.push_back(process);
      continue;
    }
    const auto set = [](const char* name, auto value) {
      setenv(name, absl::StrCat(value).c_str(), 1);
    };
    set("RANK", rank);
    set("WORLD_SIZE", world_size);
    set("LOCAL_RANK", rank);
    set("LOCAL_WORLD_SIZE", world_size);
    set("MASTER_ADDR", "127.0.0.1");
    set("MASTER_PORT", ntohs(address.sin_port));
    set("ANNEAL_LAUNCHER_PID", getppid());
    if (rank == 0) {
      set("ANNEAL_MASTER_LISTEN_FD", fd);
    } else {
      close(fd);
    }
    {
      const auto communicator = Launch(Started("local"));
      EXPECT_TRUE(communicator.ok()) << communicator.status();
      if (communicator.ok()) body(**communicator);
    }
    std::fflush(nullptr);
    _exit(::testing::Test::HasFailure() ? 1 : 0);
  }
  close(fd);
  std::vector<int> outcomes(world_size);
  for (int rank = 0; rank < world_size; ++rank) {
    waitpid(processes[rank], &outcomes[rank], 0);
  }
  return outcomes;
}

TEST(Launcher, NoneIsOneProcess) {
  const auto communicator = Launch(Started("none"));

  ASSERT_TRUE(communicator.ok());
  EXPECT_EQ((*communicator)->world_size(), 1);
}

TEST(Launcher, UnknownNameListsTheChoices) {
  const absl::Status status = Launch(Started("torchrun")).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(status.message()),
      AllOf(HasSubstr("torchrun"), HasSubstr("pytorch"), HasSubstr("slurm")));
}

TEST(Launcher, TimesThatAreNoneAreRefused) {
  LaunchOptions options = Started("none");
  options.timeout = absl::Seconds(-1);
  EXPECT_THAT(std::string(Launch(options).status().message()),
              HasSubstr("dist_cfg.timeout is -1"));

  options = Started("none");
  options.failure_timeout = absl::ZeroDuration();
  EXPECT_THAT(std::string(Launch(options).status().message()),
              HasSubstr("dist_cfg.failure_timeout is 0"));

  for (const double seconds : {0.1, 1e300, std::nan("")}) {
    options = Started("pytorch");
    options.failure_timeout = absl::Seconds(seconds);
    EXPECT_EQ(Launch(options).status().code(),
              absl::StatusCode::kInvalidArgument)
        << seconds;
    EXPECT_THAT(std::string(Launch(options).status().message()),
                HasSubstr("1 to 604800 seconds"));
  }
}

TEST(Launcher, RanksMeet) {
  const auto outcomes = RunAsLaunched(3, [](Communicator& communicator) {
    const auto ranks = communicator.AllGatherObject(communicator.rank());
    ASSERT_TRUE(ranks.ok()) << ranks.status();
    EXPECT_EQ(ranks->size(), 3);
    EXPECT_EQ(communicator.local_size(), 3);
    EXPECT_TRUE(communicator.Leave().ok());
  });

  EXPECT_THAT(outcomes, ::testing::Each(0));
}

TEST(Launcher, OneRanksErrorIsEverysErrors) {
  const auto outcomes = RunAsLaunched(3, [](Communicator& communicator) {
    absl::Status own = absl::DataLossError("the disk is full");
    if (communicator.rank() != 1) own = communicator.Barrier();
    ASSERT_FALSE(own.ok());

    const absl::Status cause = communicator.Fail(own);

    EXPECT_THAT(std::string(cause.message()), HasSubstr("the disk is full"));
    if (communicator.rank() != 1) {
      EXPECT_THAT(std::string(cause.message()), HasSubstr("rank 1"));
    }
  });

  // A rank that did not come out of the barrier in time was ended.
  EXPECT_EQ(outcomes[1], 0);
  for (const int outcome : outcomes) {
    EXPECT_TRUE(WIFEXITED(outcome));
  }
}

TEST(Launcher, ARankThatGoesWithoutLeavingIsLost) {
  const auto outcomes = RunAsLaunched(2, [](Communicator& communicator) {
    if (communicator.rank() == 1) _exit(0);

    const absl::Status cause = communicator.Leave();

    EXPECT_THAT(std::string(cause.message()), HasSubstr("rank 1 was lost"));
    EXPECT_EQ(communicator.Leave(), cause);
  });

  EXPECT_THAT(outcomes, ::testing::Each(0));
}

TEST(Launcher, AKilledRankIsNamed) {
  const auto outcomes = RunAsLaunched(3, [](Communicator& communicator) {
    ASSERT_TRUE(communicator.Barrier().ok());
    if (communicator.rank() == 2) raise(SIGKILL);

    const absl::Status cause = communicator.Fail(communicator.Barrier());

    EXPECT_THAT(std::string(cause.message()), HasSubstr("rank 2 was lost"));
  });

  EXPECT_TRUE(WIFSIGNALED(outcomes[2]));
}

TEST(Launcher, ARankThatLeavesOutACollectiveIsFoundOut) {
  const auto outcomes = RunAsLaunched(2, [](Communicator& communicator) {
    ASSERT_TRUE(communicator.Barrier().ok());
    absl::Status own;
    if (communicator.rank() == 0) {
      own = communicator.SyncRandomSeed(1).status();
    } else {
      own = communicator.Barrier();
    }
    ADD_FAILURE() << "came out with " << own;
  });

  // Both stand in Gloo, which can't be interrupted: they are ended.
  for (const int outcome : outcomes) {
    ASSERT_TRUE(WIFEXITED(outcome));
    EXPECT_EQ(WEXITSTATUS(outcome), 1);
  }
}

TEST(Launcher, AllStopAtOnePoint) {
  const auto outcomes = RunAsLaunched(3, [](Communicator& communicator) {
    int64_t iter = 0;
    absl::optional<StopWish> stop;
    const StopWish wish{"SIGTERM", true};
    while (!stop && iter < 100000) {
      ASSERT_TRUE(communicator.Barrier().ok());
      ++iter;
      const bool is_asked = communicator.rank() == 1 && iter >= 20;
      stop = communicator.StopAt(iter, is_asked ? &wish : nullptr);
    }
    ASSERT_TRUE(stop.has_value());
    EXPECT_EQ(stop->why, "SIGTERM on rank 1");
    EXPECT_TRUE(stop->is_signal);
    const auto stops = communicator.AllGatherObject(iter);
    ASSERT_TRUE(stops.ok()) << stops.status();
    for (const Value& stop : *stops) {
      EXPECT_EQ(*stop.get_if<int64_t>(), iter);
    }
    EXPECT_TRUE(communicator.Leave().ok());
  });

  EXPECT_THAT(outcomes, ::testing::Each(0));
}

}  // namespace
}  // namespace anneal::dist
