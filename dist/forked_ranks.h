// Ranks as real processes, for tests.
#ifndef ANNEAL_DIST_FORKED_RANKS_H_
#define ANNEAL_DIST_FORKED_RANKS_H_

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "dist/control_plane.h"
#include "tests/support/forked_processes.h"

namespace anneal::dist {

// What the code of a rank has.
class ForkedRank {
 public:
  // `marks` and `go` are file descriptors.
  ForkedRank(int rank, int marks, int go, ControlPlane* plane);

  int rank() const { return rank_; }
  ControlPlane& plane() { return *plane_; }
  // Lets ForkedRanks::WaitForMarks go on.
  void Mark();
  // Until ForkedRanks::Go.
  void WaitForGo();
  // A collective that never ends but by an interrupt: Unavailable then.
  absl::Status Collective(absl::string_view what);

 private:
  const int rank_;
  const int marks_;
  const int go_;
  ControlPlane* const plane_;
  std::promise<void> interrupted_;
};

struct RankEnd {
  int exit_code = -1;  // -1: ended by a signal
  int signal = 0;
  std::string last_line;
  absl::Duration after;  // since WaitForAll was called
};

// Forks `world_size` processes with a control plane between them. Each runs
// `body`, then Leave or Fail, logs what those return and exits, with status 1
// for an error. What it throws ends its process, as it would without a test
// around.
class ForkedRanks {
 public:
  using Body = std::function<absl::Status(ForkedRank& self)>;

  // The caller must have no threads.
  ForkedRanks(int world_size, absl::Duration failure_timeout, Body body);
  ~ForkedRanks();
  ForkedRanks(const ForkedRanks&) = delete;
  ForkedRanks& operator=(const ForkedRanks&) = delete;

  // Until the ranks have called Mark() so often, all together.
  void WaitForMarks(int count);
  // Lets every rank that waits for it, now or later, go on.
  void Go();
  void Signal(int rank, int signal);
  // Waits for the rank's end.
  RankEnd WaitFor(int rank);
  std::vector<RankEnd> WaitForAll();

 private:
  // Returns the exit code.
  int RunRank(int rank, const Body& body);

  const int world_size_;
  const absl::Duration failure_timeout_;
  // Pipes.
  int hub_address_[2];
  int marks_[2];
  int go_[2];
  // By rank, what it prints.
  std::vector<int> outputs_;
  std::unique_ptr<ForkedProcesses> processes_;
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_FORKED_RANKS_H_
