#include "fileio/s3/parallel_for.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace anneal {

absl::Status ParallelFor(int64_t count, int num_threads,
                         const std::function<absl::Status(int64_t)>& task) {
  std::atomic<int64_t> next{0};
  absl::Mutex mutex;
  absl::Status first_error;
  const auto work = [&] {
    for (int64_t i = next++; i < count; i = next++) {
      const absl::Status status = task(i);
      if (status.ok()) continue;
      next = count;
      absl::MutexLock lock(&mutex);
      first_error.Update(status);
    }
  };
  std::vector<std::thread> threads;
  const int64_t num_more = std::min<int64_t>(count, num_threads) - 1;
  for (int64_t i = 0; i < num_more; ++i) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  return first_error;
}

}  // namespace anneal
