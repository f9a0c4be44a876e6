#include "tests/support/ranks.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <memory>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "dist/process_group_communicator.h"
#include "tests/support/forked_processes.h"

namespace anneal {
namespace {

constexpr absl::Duration kTimeout = absl::Minutes(1);

}  // namespace

void RunProcesses(int world_size,
                  absl::FunctionRef<void(const dist::GroupOptions&)> body) {
  static int calls = 0;
  const std::string path =
      absl::StrCat(::testing::TempDir(), "/ranks.", getpid(), ".", calls++);
  const std::vector<int> ends = RunForked(world_size, [&](int rank) {
    at::set_num_threads(1);
    dist::GroupOptions options;
    options.store = c10::make_intrusive<c10d::FileStore>(path, world_size);
    options.rank = rank;
    options.world_size = world_size;
    options.timeout = kTimeout;
    options.host = "127.0.0.1";
    body(options);
  });
  unlink(path.c_str());
  for (int rank = 0; rank < world_size; ++rank) {
    EXPECT_EQ(ends[rank], 0)
        << "rank " << rank
        << (ends[rank] < 0 ? " was killed by a signal" : " failed");
  }
}

void RunRanks(int world_size, absl::FunctionRef<void(dist::Communicator&)> body,
              const std::string& backend) {
  RunProcesses(world_size, [&](const dist::GroupOptions& options) {
    auto communicator = dist::MakeCommunicator(backend, options, options.rank,
                                               options.world_size);
    ASSERT_TRUE(communicator.ok()) << communicator.status();
    body(**communicator);
  });
}

}  // namespace anneal
