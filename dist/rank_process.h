// One rank of --launcher local.
#ifndef ANNEAL_DIST_RANK_PROCESS_H_
#define ANNEAL_DIST_RANK_PROCESS_H_

#include <sys/types.h>

#include <csignal>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace anneal::dist {

// A child process, the leader of a process group of its own, that dies with
// this process. Not for several threads.
class RankProcess {
 public:
  struct Options {
    std::string program;
    std::vector<std::string> args;  // the program's name first
    std::vector<std::string> env;   // "NAME=value"
    // A descriptor that it inherits although it closes on exec; -1: none.
    int inherited_fd = -1;
    // The signals that it blocks.
    sigset_t blocked_signals = {};
  };

  // Internal where the system does not run the program, and
  // ResourceExhausted where it has no process for it. The thread that calls
  // must outlive the process, which dies with it.
  static absl::StatusOr<std::unique_ptr<RankProcess>> Start(
      const Options& options);
  // Kills the group of a process that runs.
  ~RankProcess();
  RankProcess(const RankProcess&) = delete;
  RankProcess& operator=(const RankProcess&) = delete;

  pid_t pid() const { return pid_; }
  bool is_running() const { return is_running_; }

  // As waitpid gives it, in the call that sees the end, after what was left of
  // the group is killed; else nothing.
  std::optional<int> Poll();
  // To the process alone; no more once it has ended.
  void Send(int signal);
  // SIGKILL to its group, if it runs.
  void Kill();

 private:
  explicit RankProcess(pid_t pid) : pid_(pid) {}

  const pid_t pid_;
  bool is_running_ = true;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_RANK_PROCESS_H_
