#include "config/peak_memory.h"

#include <gtest/gtest.h>

#include <vector>

namespace anneal::config {
namespace {

void Touch(size_t megabytes) {
  std::vector<char> bytes(megabytes << 20, 1);
  // Keeps the compiler from leaving them out.
  volatile char* first = bytes.data();
  *first = 2;
}

TEST(PeakMemory, SeesEachPeakAfterALargerOne) {
  for (const size_t megabytes : {200, 100}) {
    const int64_t before = ResetPeakMemory();
    Touch(megabytes);
    const int64_t used = PeakMemory() - before;

    EXPECT_GT(used, (megabytes - 10) << 10);
    EXPECT_LT(used, (megabytes + 50) << 10);
  }
}

}  // namespace
}  // namespace anneal::config
