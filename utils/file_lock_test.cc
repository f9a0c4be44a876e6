#include "utils/file_lock.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace anneal {
namespace {

using ::testing::HasSubstr;

std::string TempPath(const std::string& name) {
  return ::testing::TempDir() + "/" + name;
}

// Reads a number from a file, adds one and writes it back, `count` times.
void Count(const std::string& path, int count) {
  for (int i = 0; i < count; ++i) {
    const auto lock = FileLock::Acquire(path + ".lock");
    if (!lock.ok()) return;
    int number = 0;
    std::ifstream(path) >> number;
    std::ofstream(path) << number + 1;
  }
}

TEST(FileLock, OneProcessAtATimeHoldsIt) {
  const std::string path = TempPath("processes");
  std::vector<pid_t> processes;
  for (int i = 0; i < 4; ++i) {
    const pid_t process = fork();
    if (process == 0) {
      Count(path, 200);
      _exit(0);
    }
    processes.push_back(process);
  }
  for (const pid_t process : processes) waitpid(process, nullptr, 0);

  int number = 0;
  std::ifstream(path) >> number;
  EXPECT_EQ(number, 800);
}

TEST(FileLock, OneThreadAtATimeHoldsIt) {
  const std::string path = TempPath("threads");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { Count(path, 100); });
  for (std::thread& thread : threads) thread.join();

  int number = 0;
  std::ifstream(path) >> number;
  EXPECT_EQ(number, 400);
}

TEST(FileLock, KilledHolderHoldsNothing) {
  const std::string path = TempPath("killed.lock");
  int ready[2];
  ASSERT_EQ(pipe(ready), 0);
  const pid_t process = fork();
  if (process == 0) {
    const auto lock = FileLock::Acquire(path);
    if (write(ready[1], "x", 1) != 1) _exit(1);
    pause();
  }
  char byte;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  kill(process, SIGKILL);
  waitpid(process, nullptr, 0);

  EXPECT_TRUE(FileLock::Acquire(path).ok());
}

TEST(FileLock, LeavesNoFile) {
  const std::string path = TempPath("gone.lock");

  (void)FileLock::Acquire(path);

  EXPECT_FALSE(std::ifstream(path).is_open());
}

TEST(FileLock, MissingFolderIsNamed) {
  const absl::Status status = FileLock::Acquire(TempPath("no/x.lock")).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("can't make the lock " + TempPath("no/x.lock")));
}

}  // namespace
}  // namespace anneal
