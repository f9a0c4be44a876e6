// Whether another process still lives.
#ifndef ANNEAL_DIST_SHARED_MEMORY_PROCESS_WATCH_H_
#define ANNEAL_DIST_SHARED_MEMORY_PROCESS_WATCH_H_

#include <sys/types.h>

namespace anneal::dist {

// Watches a process of this machine through a pidfd, so that neither a zombie
// nor another process under the same number passes for it. Where the system has
// none, by its number alone.
class ProcessWatch {
 public:
  // `pid` as this process's namespace has it; it lives when this is called.
  explicit ProcessWatch(pid_t pid);
  ~ProcessWatch();
  ProcessWatch(const ProcessWatch&) = delete;
  ProcessWatch& operator=(const ProcessWatch&) = delete;

  pid_t pid() const { return pid_; }
  bool HasEnded() const;

 private:
  pid_t pid_;
  int pidfd_;  // -1 where there is none
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_SHARED_MEMORY_PROCESS_WATCH_H_
