// Seconds of an all-reduce of floats between two processes with one thread
// each, by Gloo from C++ and through shared memory, by size.

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/ones.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <limits>
#include <string>
#include <torch/csrc/distributed/c10d/FileStore.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <vector>

#include "dist/shared_memory/shared_memory_backend.h"

namespace anneal {
namespace {

constexpr int kSize = 2;
constexpr int kBatches = 12;

struct Case {
  const char* name;
  int64_t bytes;
  int num_calls;  // of a batch
};
constexpr Case kCases[] = {{"1KB", 1 << 10, 500},   {"16KB", 16 << 10, 300},
                           {"64KB", 64 << 10, 200}, {"256KB", 256 << 10, 60},
                           {"1MB", 1 << 20, 20},    {"4MB", 4 << 20, 10},
                           {"16MB", 16 << 20, 4},   {"64MB", 64 << 20, 2}};

// The fastest batch's mean.
double Measure(c10d::Backend& backend, const Case& c) {
  std::vector<at::Tensor> tensors = {at::ones({c.bytes / 4})};
  c10d::AllreduceOptions options;
  options.asyncOp = false;
  double best = std::numeric_limits<double>::infinity();
  for (int batch = 0; batch < kBatches; ++batch) {
    tensors[0].fill_(0);
    backend.allreduce(tensors, options)->wait();
    const auto start = std::chrono::steady_clock::now();
    for (int i = 0; i < c.num_calls; ++i) {
      backend.allreduce(tensors, options)->wait();
    }
    const std::chrono::duration<double> time =
        std::chrono::steady_clock::now() - start;
    best = std::min(best, time.count() / c.num_calls);
  }
  return best;
}

int RunRank(int rank, const std::string& path) {
  at::set_num_threads(1);
  const auto store = c10::make_intrusive<c10d::FileStore>(path, kSize);
  auto gloo_options = c10d::ProcessGroupGloo::Options::create();
  gloo_options->devices.push_back(
      c10d::ProcessGroupGloo::createDeviceForHostname("127.0.0.1"));
  const auto gloo = c10::make_intrusive<c10d::ProcessGroupGloo>(
      c10::make_intrusive<c10d::PrefixStore>("gloo", store), rank, kSize,
      gloo_options);
  const auto shm = dist::MakeSharedMemoryBackend(
      c10::make_intrusive<c10d::PrefixStore>("shm", store), rank, kSize,
      absl::Minutes(5));
  if (!shm.ok()) {
    std::cerr << shm.status() << "\n";
    return 1;
  }
  for (const Case& c : kCases) {
    const double gloo_seconds = Measure(*gloo, c);
    const double shm_seconds = Measure(**shm, c);
    if (rank != 0) continue;
    std::printf("gloo_%s %.9f\nshm_%s %.9f\n", c.name, gloo_seconds, c.name,
                shm_seconds);
  }
  return 0;
}

int Main() {
  char path[] = "/tmp/all_reduce_XXXXXX";
  close(mkstemp(path));
  bool is_ok = true;
  for (int rank = 0; rank < kSize; ++rank) {
    if (fork() == 0) {
      const int code = RunRank(rank, path);
      std::fflush(stdout);
      _exit(code);
    }
  }
  for (int rank = 0; rank < kSize; ++rank) {
    int status = 0;
    wait(&status);
    is_ok = is_ok && status == 0;
  }
  unlink(path);
  return is_ok ? 0 : 1;
}

}  // namespace
}  // namespace anneal

int main() { return anneal::Main(); }
