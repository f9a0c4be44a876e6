// A test as another user than root.
#ifndef ANNEAL_TESTS_SUPPORT_UNPRIVILEGED_H_
#define ANNEAL_TESTS_SUPPORT_UNPRIVILEGED_H_

#include <unistd.h>

#include <cstdlib>

namespace anneal {

// While it lives, files' rights hold also where root runs the test, as who it
// has none but everyone's. Folders above the test's may be closed then: go to
// its folder (chdir) and use relative paths. Not for programs with threads.
class Unprivileged {
 public:
  Unprivileged() : was_root_(geteuid() == 0) {
    constexpr uid_t kNobody = 65534;
    if (was_root_ && seteuid(kNobody) != 0) std::abort();
  }
  ~Unprivileged() {
    if (was_root_ && seteuid(0) != 0) std::abort();
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  const bool was_root_;
};

}  // namespace anneal

#endif  // ANNEAL_TESTS_SUPPORT_UNPRIVILEGED_H_
