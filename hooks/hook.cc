#include "hooks/hook.h"

namespace anneal {

bool Hook::EveryN(int64_t count, int64_t n, int64_t start) {
  const int64_t since_start = count - start;
  return n > 0 && since_start >= 0 && since_start % n == 0;
}

}  // namespace anneal
