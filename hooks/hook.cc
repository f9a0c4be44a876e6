#include "hooks/hook.h"

namespace anneal {

absl::string_view ModeName(Mode mode) {
  switch (mode) {
    case Mode::kTrain:
      return "train";
    case Mode::kVal:
      return "val";
    case Mode::kTest:
      return "test";
  }
  return "";
}

bool Hook::EveryN(int64_t count, int64_t n, int64_t start) {
  const int64_t since_start = count - start;
  return n > 0 && since_start >= 0 && since_start % n == 0;
}

}  // namespace anneal
