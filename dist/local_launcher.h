// --launcher local: the ranks of a run as processes of this machine.
#ifndef ANNEAL_DIST_LOCAL_LAUNCHER_H_
#define ANNEAL_DIST_LOCAL_LAUNCHER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace anneal::dist {

struct LocalLaunchOptions {
  int num_ranks = 1;
  // The ranks' arguments, the program's name first: those of this process.
  std::vector<std::string> args;
  // The file that the ranks run; empty: this program.
  std::string program;
  // After a rank has failed the others have so long to end by themselves; then
  // they get SIGTERM, and `kill_timeout` later SIGKILL.
  absl::Duration failure_timeout = absl::Seconds(30);
  absl::Duration kill_timeout = absl::Seconds(5);
};

// Starts the ranks, waits for them and returns the exit code for main: 0 if all
// ended well, else that of the first rank to end otherwise (128 + signal where
// one killed it), which the last line on standard error names. It may have
// ended as another one failed: the ranks' own last lines say which that was.
//
// A rank gets torchrun's variables (RANK, WORLD_SIZE, ...) with a rendezvous on
// 127.0.0.1 at a port that no other program can take: it is open already, and
// rank 0 inherits the socket. OMP_NUM_THREADS, unless set, is the rank's share
// of the cores. Standard output and error are this process's, standard input is
// empty.
//
// SIGINT and SIGTERM are passed on to every rank, once each. A rank that ends
// with 130 has stopped because of one: the others have as long as they need.
// Nothing stays behind: each rank is a process group of its own, what is left
// of it is killed when the rank ends, and the ranks are killed when this
// process dies, however it does. Only what a rank has moved out of its group
// outlives it, and its children where this process was killed.
//
// Called once, from the main thread, before other threads start: it blocks
// the signals it waits for. InvalidArgument for num_ranks below 1; Internal or
// ResourceExhausted if a rank can't be started (then none is left).
absl::StatusOr<int> RunLocalRanks(const LocalLaunchOptions& options);

// Whether RunLocalRanks of the parent process started this one.
bool IsLocalRank();

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_LOCAL_LAUNCHER_H_
