#include "optim/elementwise.h"

#include <ATen/Parallel.h>

#include <algorithm>

namespace anneal {
namespace elementwise {
namespace {

// Elements that are worth a thread: a few hundred microseconds of work, against
// which waking one is nothing even on a busy machine.
constexpr int64_t kGrain = 262144;

}  // namespace

void ForRanges(
    const std::vector<int64_t>& sizes,
    absl::FunctionRef<void(size_t span, int64_t begin, int64_t end)> fn) {
  std::vector<int64_t> ends;
  ends.reserve(sizes.size());
  int64_t total = 0;
  for (const int64_t size : sizes) ends.push_back(total += size);
  at::parallel_for(0, total, kGrain, [&](int64_t begin, int64_t end) {
    size_t i = std::upper_bound(ends.begin(), ends.end(), begin) - ends.begin();
    for (; begin < end; ++i) {
      const int64_t start = ends[i] - sizes[i];
      const int64_t stop = std::min(ends[i], end);
      if (begin < stop) fn(i, begin - start, stop - start);
      begin = std::max(begin, stop);
    }
  });
}

bool HasAvx2() {
#if defined(__x86_64__)
  static const bool has_avx2 = __builtin_cpu_supports("avx2");
  return has_avx2;
#else
  return false;
#endif
}

}  // namespace elementwise
}  // namespace anneal
