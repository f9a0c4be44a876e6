#include "dist/local_launcher.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dist/rank_environment.h"
#include "dist/rank_process.h"
#include "dist/this_machine.h"
#include "utils/status_macros.h"

extern char** environ;

namespace anneal::dist {
namespace {

using Clock = std::chrono::steady_clock;

// What the tools return when a signal stopped their run.
constexpr int kStoppedExitCode = 130;

// A socket that listens on a port of 127.0.0.1.
class MasterSocket {
 public:
  static absl::StatusOr<std::unique_ptr<MasterSocket>> Open() {
    std::unique_ptr<MasterSocket> master(new MasterSocket());
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // Not in the place of a standard stream that is closed.
    master->fd_ = fcntl(fd, F_DUPFD_CLOEXEC, 3);
    close(fd);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    auto* const any = reinterpret_cast<sockaddr*>(&address);
    if (master->fd_ < 0 || bind(master->fd_, any, size) != 0 ||
        listen(master->fd_, SOMAXCONN) != 0 ||
        getsockname(master->fd_, any, &size) != 0) {
      return absl::InternalError(absl::StrCat(
          "can't listen on a port of 127.0.0.1, where the ranks would meet: ",
          std::strerror(errno)));
    }
    master->port_ = ntohs(address.sin_port);
    return master;
  }

  ~MasterSocket() {
    if (fd_ >= 0) close(fd_);
  }

  int fd() const { return fd_; }
  int port() const { return port_; }

 private:
  MasterSocket() = default;

  int fd_ = -1;
  int port_ = 0;
};

// While it lives this thread holds back the signals that Wait waits for.
class BlockedSignals {
 public:
  BlockedSignals() {
    sigemptyset(&signals_);
    for (int signal : {SIGCHLD, SIGINT, SIGTERM}) sigaddset(&signals_, signal);
    pthread_sigmask(SIG_BLOCK, &signals_, &before_);
    // Where it is ignored, children can't be waited for.
    struct sigaction normal = {};
    normal.sa_handler = SIG_DFL;
    sigaction(SIGCHLD, &normal, &child_before_);
  }
  ~BlockedSignals() {
    sigaction(SIGCHLD, &child_before_, nullptr);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

  const sigset_t& before() const { return before_; }

  // The next signal, or 0 at `until`, if there is one.
  int Wait(std::optional<Clock::time_point> until) const {
    if (!until.has_value()) return std::max(sigwaitinfo(&signals_, nullptr), 0);
    const absl::Duration left = absl::FromChrono(*until - Clock::now());
    const timespec limit =
        absl::ToTimespec(std::max(left, absl::ZeroDuration()));
    return std::max(sigtimedwait(&signals_, nullptr, &limit), 0);
  }

 private:
  sigset_t signals_;
  sigset_t before_;
  struct sigaction child_before_ = {};
};

// By its own name, which tools like top show, where its file is still there.
std::string ThisProgram() {
  constexpr char kSelf[] = "/proc/self/exe";
  char path[4096];
  const ssize_t size = readlink(kSelf, path, sizeof(path) - 1);
  if (size < 0) return kSelf;
  path[size] = '\0';
  return access(path, X_OK) == 0 ? path : kSelf;
}

// This process's environment, without what another launcher said, and what
// `rank` has to know.
std::vector<std::string> EnvironmentOf(int rank, int num_ranks,
                                       const MasterSocket& master) {
  std::vector<std::string> set = {
      absl::StrCat("RANK=", rank),
      absl::StrCat("WORLD_SIZE=", num_ranks),
      absl::StrCat("LOCAL_RANK=", rank),
      absl::StrCat("LOCAL_WORLD_SIZE=", num_ranks),
      "MASTER_ADDR=127.0.0.1",
      absl::StrCat("MASTER_PORT=", master.port()),
      absl::StrCat("ANNEAL_LAUNCHER_PID=", getpid()),
  };
  if (rank == 0) {
    set.push_back(absl::StrCat("ANNEAL_MASTER_LISTEN_FD=", master.fd()));
  }
  if (!ProcessEnv("OMP_NUM_THREADS").has_value()) {
    set.push_back(absl::StrCat("OMP_NUM_THREADS=",
                               std::max(1, NumUsableCores() / num_ranks)));
  }
  std::vector<std::string> env = set;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const absl::string_view text(*variable);
    const absl::string_view name = text.substr(0, text.find('='));
    const bool is_set =
        std::any_of(set.begin(), set.end(), [name](const std::string& other) {
          return absl::StartsWith(other, absl::StrCat(name, "="));
        });
    if (is_set || absl::StartsWith(name, "TORCHELASTIC_") ||
        name == "ANNEAL_MASTER_LISTEN_FD") {
      continue;
    }
    env.emplace_back(text);
  }
  return env;
}

int ExitCodeOf(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// The ranks, from their start to the end of the last.
class LocalRanks {
 public:
  explicit LocalRanks(const LocalLaunchOptions& options) : options_(options) {}

  absl::Status Start(const BlockedSignals& signals) {
    ASSIGN_OR_RETURN(const auto master, MasterSocket::Open());
    for (int rank = 0; rank < options_.num_ranks; ++rank) {
      RankProcess::Options process;
      process.program =
          options_.program.empty() ? ThisProgram() : options_.program;
      process.args = options_.args;
      process.env = EnvironmentOf(rank, options_.num_ranks, *master);
      if (rank == 0) process.inherited_fd = master->fd();
      process.blocked_signals = signals.before();
      ASSIGN_OR_RETURN(auto started, RankProcess::Start(process));
      ranks_.push_back(std::move(started));
    }
    return absl::OkStatus();
  }

  int Wait(const BlockedSignals& signals) {
    while (IsAnyRunning()) {
      const int signal = signals.Wait(deadline_);
      if (signal == SIGINT || signal == SIGTERM) {
        stop_signal_ = signal;
        SendAll(signal);
      }
      PollAll();
      if (deadline_.has_value() && Clock::now() >= *deadline_) EndRest();
    }
    if (!failure_.empty()) std::fprintf(stderr, "%s\n", failure_.c_str());
    return exit_code_;
  }

 private:
  bool IsAnyRunning() const {
    return std::any_of(ranks_.begin(), ranks_.end(),
                       [](const auto& rank) { return rank->is_running(); });
  }

  void SendAll(int signal) {
    for (const auto& rank : ranks_) rank->Send(signal);
  }

  void PollAll() {
    std::vector<std::pair<int, int>> ended;  // rank, status
    for (size_t rank = 0; rank < ranks_.size(); ++rank) {
      const std::optional<int> status = ranks_[rank]->Poll();
      if (status.has_value()) ended.emplace_back(rank, *status);
    }
    // Of ranks that end at a time the one that was killed is the cause: the
    // others noticed.
    std::stable_partition(ended.begin(), ended.end(), [](const auto& end) {
      return WIFSIGNALED(end.second);
    });
    for (const auto& [rank, status] : ended) OnEnd(rank, status);
  }

  void OnEnd(int rank, int status) {
    const int code = ExitCodeOf(status);
    if (code == 0 || !failure_.empty()) return;
    const bool is_stop = code == kStoppedExitCode ||
                         (WIFSIGNALED(status) && code - 128 == stop_signal_);
    if (is_stop) {
      if (exit_code_ == 0) exit_code_ = code;
      return;
    }
    exit_code_ = code;
    failure_ = absl::StrCat("rank ", rank, " (pid ", ranks_[rank]->pid(), ") ");
    if (!WIFSIGNALED(status)) {
      // Perhaps as another one failed, which its own last line says.
      absl::StrAppend(&failure_, "ended first, with exit code ", code);
    } else {
      absl::StrAppend(&failure_, "failed first: killed by signal ",
                      WTERMSIG(status), " (", strsignal(WTERMSIG(status)), ")");
      if (WTERMSIG(status) == SIGKILL) {
        absl::StrAppend(&failure_,
                        ", as the system does when memory runs out (`dmesg` "
                        "would tell)");
      }
    }
    deadline_ =
        Clock::now() + absl::ToChronoMilliseconds(options_.failure_timeout);
  }

  // The ranks have not ended by themselves: asks them, the next time kills
  // them.
  void EndRest() {
    if (is_terminating_) {
      for (const auto& rank : ranks_) rank->Kill();
      deadline_.reset();
      return;
    }
    is_terminating_ = true;
    deadline_ =
        Clock::now() + absl::ToChronoMilliseconds(options_.kill_timeout);
    std::vector<int> rest;
    for (size_t rank = 0; rank < ranks_.size(); ++rank) {
      if (ranks_[rank]->is_running()) rest.push_back(rank);
    }
    absl::StrAppend(&failure_, "; ended, as they had not within ",
                    absl::FormatDuration(options_.failure_timeout), ": rank ",
                    absl::StrJoin(rest, ", "));
    SendAll(SIGTERM);
  }

  const LocalLaunchOptions& options_;
  std::vector<std::unique_ptr<RankProcess>> ranks_;
  int stop_signal_ = 0;
  int exit_code_ = 0;
  std::string failure_;  // the line that names the first rank to end badly
  std::optional<Clock::time_point> deadline_;
  bool is_terminating_ = false;
};

}  // namespace

absl::StatusOr<int> RunLocalRanks(const LocalLaunchOptions& options) {
  if (options.num_ranks < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        options.num_ranks, " ranks can't be started; give 1 or more"));
  }
  const BlockedSignals signals;
  LocalRanks ranks(options);
  RETURN_IF_ERROR(ranks.Start(signals));
  return ranks.Wait(signals);
}

bool IsLocalRank() {
  int launcher = 0;
  return absl::SimpleAtoi(ProcessEnv("ANNEAL_LAUNCHER_PID").value_or(""),
                          &launcher) &&
         launcher == getppid();
}

}  // namespace anneal::dist
