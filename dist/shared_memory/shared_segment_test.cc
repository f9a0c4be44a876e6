#include "dist/shared_memory/shared_segment.h"

#include <dirent.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/HashStore.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/support/forked_processes.h"

namespace anneal::dist {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

constexpr size_t kBytes = 1 << 20;

// A file for this test's store.
std::string StorePath() {
  const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
  std::string name = absl::StrCat(info->test_suite_name(), info->name());
  for (char& c : name) {
    if (c == '/') c = '_';
  }
  return absl::StrCat(::testing::TempDir(), name);
}

std::vector<uint8_t> Bytes(const std::string& text) {
  return std::vector<uint8_t>(text.begin(), text.end());
}

// The open files of this process that are memory without a name.
int NumMemoryFiles() {
  int count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (const dirent* entry = readdir(folder)) {
    char target[256];
    const ssize_t length =
        readlinkat(dirfd(folder), entry->d_name, target, sizeof(target));
    if (length > 0 &&
        std::string(target, length).find("memfd") != std::string::npos) {
      ++count;
    }
  }
  closedir(folder);
  return count;
}

class SharedSegmentOfSize : public ::testing::TestWithParam<int> {};

TEST_P(SharedSegmentOfSize, IsOneMemoryForAllRanks) {
  const int size = GetParam();
  const std::string path = StorePath();

  const std::vector<int> ends = RunForked(size, [&](int rank) {
    c10d::FileStore store(path, size);
    auto segment =
        SharedSegment::Create(store, rank, size, kBytes, absl::Minutes(1));
    ASSERT_TRUE(segment.ok()) << segment.status();
    ASSERT_EQ((*segment)->size(), kBytes);
    char* const data = (*segment)->data();
    EXPECT_EQ(data[kBytes - 1], 0);
    data[rank] = static_cast<char>(rank + 1);
    store.set(absl::StrCat("written", rank), Bytes("yes"));

    for (int other = 0; other < size; ++other) {
      store.wait({absl::StrCat("written", other)});
      EXPECT_EQ(data[other], other + 1);
    }
    EXPECT_EQ(NumMemoryFiles(), 0) << "the memory has no name any more";
  });

  EXPECT_THAT(ends, Each(0));
}

INSTANTIATE_TEST_SUITE_P(Sizes, SharedSegmentOfSize, ::testing::Range(1, 5),
                         ::testing::PrintToStringParamName());

TEST(SharedSegment, FailsOnAllRanksWhereItCannotBeMade) {
  const std::string path = StorePath();

  const std::vector<int> ends = RunForked(2, [&](int rank) {
    c10d::FileStore store(path, 2);
    signal(SIGXFSZ, SIG_IGN);
    const rlimit limit = {kBytes, kBytes};
    if (rank == 0) setrlimit(RLIMIT_FSIZE, &limit);

    const absl::Status status =
        SharedSegment::Create(store, rank, 2, 2 * kBytes, absl::Minutes(1))
            .status();

    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("rank 0 can't ftruncate: File too large"));
  });

  EXPECT_THAT(ends, Each(0));
}

TEST(SharedSegment, FailsOnAllRanksWhereOneIsElsewhere) {
  c10d::HashStore store;
  // Rank 0 on a machine that has been started at another time.
  store.set("shared_memory/offer", Bytes("1234-5678 pid:[1]\n1\n1"));
  store.set("shared_memory/answer/0", Bytes("mapped"));

  const absl::Status status =
      SharedSegment::Create(store, 1, 2, kBytes, absl::Minutes(1)).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("rank 1 is on another machine, or in another "
                        "container, than rank 0"));
  EXPECT_EQ(SharedSegment::Create(store, 0, 2, kBytes, absl::Minutes(1))
                .status()
                .message(),
            status.message());
}

// Who can write to the store could name a file of this user's.
TEST(SharedSegment, TakesNoFileForMemory) {
  const std::string path = ::testing::TempDir() + "/a_file";
  std::ofstream(path) << std::string(2 * kBytes, 'x');
  const int file = open(path.c_str(), O_RDWR);
  std::ifstream boot("/proc/sys/kernel/random/boot_id");
  std::string boot_id;
  boot >> boot_id;
  char pids[64] = {};
  ASSERT_GT(readlink("/proc/self/ns/pid", pids, sizeof(pids) - 1), 0);
  c10d::HashStore store;
  store.set("shared_memory/offer", Bytes(absl::StrCat(boot_id, " ", pids, "\n",
                                                      getpid(), "\n", file)));
  store.set("shared_memory/answer/0", Bytes("mapped"));

  const absl::Status status =
      SharedSegment::Create(store, 1, 2, kBytes, absl::Minutes(1)).status();
  close(file);

  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("not memory of this run's"));
}

TEST(SharedSegment, TimesOutForARankThatDoesNotCome) {
  c10d::HashStore store;

  const absl::Status status =
      SharedSegment::Create(store, 0, 2, kBytes, absl::Milliseconds(50))
          .status();

  EXPECT_EQ(status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(status.message()), HasSubstr("share memory"));
}

}  // namespace
}  // namespace anneal::dist
