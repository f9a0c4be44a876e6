#include "dist/rank_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"

namespace anneal::dist {
namespace {

std::vector<char*> Pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const std::string& word : words) {
    pointers.push_back(const_cast<char*>(word.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

// What the child does up to its program. The parent may have had threads, so
// nothing here may allocate or lock.
[[noreturn]] void Exec(const RankProcess::Options& options, char* const* args,
                       char* const* env, pid_t parent, int error_fd) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  // The parent died before it could be said what its death means.
  if (getppid() != parent) _exit(1);
  const int none = open("/dev/null", O_RDONLY);
  if (none >= 0) {
    dup2(none, STDIN_FILENO);
    if (none != STDIN_FILENO) close(none);
  }
  if (options.inherited_fd >= 0) fcntl(options.inherited_fd, F_SETFD, 0);
  sigprocmask(SIG_SETMASK, &options.blocked_signals, nullptr);
  execve(options.program.c_str(), args, env);
  const int error = errno;
  [[maybe_unused]] const ssize_t size = write(error_fd, &error, sizeof(error));
  _exit(127);
}

// Waits for `error_fd` to be closed by exec or to give its error.
int ExecError(int error_fd) {
  int error = 0;
  ssize_t size;
  do {
    size = read(error_fd, &error, sizeof(error));
  } while (size < 0 && errno == EINTR);
  return size == sizeof(error) ? error : 0;
}

}  // namespace

absl::StatusOr<std::unique_ptr<RankProcess>> RankProcess::Start(
    const Options& options) {
  int pipe_fds[2];
  if (pipe2(pipe_fds, O_CLOEXEC) != 0) {
    return absl::ResourceExhaustedError(
        absl::StrCat("can't make a pipe: ", std::strerror(errno)));
  }
  const std::vector<char*> args = Pointers(options.args);
  const std::vector<char*> env = Pointers(options.env);
  const pid_t parent = getpid();
  const pid_t pid = fork();
  const int fork_error = errno;
  if (pid == 0) Exec(options, args.data(), env.data(), parent, pipe_fds[1]);
  close(pipe_fds[1]);
  if (pid < 0) {
    close(pipe_fds[0]);
    return absl::ResourceExhaustedError(
        absl::StrCat("can't start a process: ", std::strerror(fork_error)));
  }
  // Also here, so that it holds whichever of the two is first.
  setpgid(pid, pid);
  const int error = ExecError(pipe_fds[0]);
  close(pipe_fds[0]);
  std::unique_ptr<RankProcess> process(new RankProcess(pid));
  if (error != 0) {
    return absl::InternalError(absl::StrCat("can't run ", options.program, ": ",
                                            std::strerror(error)));
  }
  return process;
}

RankProcess::~RankProcess() {
  if (!is_running_) return;
  Kill();
  waitpid(pid_, nullptr, 0);
}

std::optional<int> RankProcess::Poll() {
  if (!is_running_) return std::nullopt;
  // The process stays a zombie, so that its number and its group's remain its
  // own until the group is gone.
  siginfo_t ended = {};
  if (waitid(P_PID, pid_, &ended, WEXITED | WNOHANG | WNOWAIT) != 0 ||
      ended.si_pid == 0) {
    return std::nullopt;
  }
  Kill();
  is_running_ = false;
  int status = 0;
  waitpid(pid_, &status, 0);
  return status;
}

void RankProcess::Send(int signal) {
  if (is_running_) kill(pid_, signal);
}

void RankProcess::Kill() {
  if (is_running_) kill(-pid_, SIGKILL);
}

}  // namespace anneal::dist
