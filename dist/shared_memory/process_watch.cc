#include "dist/shared_memory/process_watch.h"

#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace anneal::dist {

ProcessWatch::ProcessWatch(pid_t pid)
    : pid_(pid), pidfd_(static_cast<int>(syscall(SYS_pidfd_open, pid, 0))) {}

ProcessWatch::~ProcessWatch() {
  if (pidfd_ >= 0) close(pidfd_);
}

bool ProcessWatch::HasEnded() const {
  if (pidfd_ < 0) return kill(pid_, 0) != 0 && errno == ESRCH;
  pollfd ended = {pidfd_, POLLIN, 0};
  return poll(&ended, 1, 0) == 1;
}

}  // namespace anneal::dist
