#include "hooks/run.h"

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

}  // namespace anneal
