// What the ranks have told of their collectives.
#ifndef ANNEAL_DIST_COLLECTIVE_STANDINGS_H_
#define ANNEAL_DIST_COLLECTIVE_STANDINGS_H_

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "dist/control.pb.h"

namespace anneal::dist {

// Finds from the ranks' words which of them keeps the others waiting.
class CollectiveStandings {
 public:
  void Record(int rank, const Blocked& blocked);
  void Record(int rank, const Behind& behind);
  void Record(int rank, const Left& left);

  // "ranks 2, 3 have not left the run": those of `world_size` that have not.
  std::string WhoHasNotLeft(int world_size) const;
  int num_left() const { return static_cast<int>(left_.size()); }

  // "the ranks disagree on the 14th collective: that of rank 1 is barrier, that
  // of ranks 0, 2 is ..." where two ranks' collectives of one number differ;
  // else
  // "".
  std::string Disagreement() const;
  // "rank 1 has left the run (it finished after 13 collectives), while rank 0
  // waits in its 14th, all_reduce ..." where a rank left before it entered
  // `sequence`, in which `rank` stands; else "".
  std::string LeftWithout(int rank, int64_t sequence,
                          absl::string_view what) const;
  // "rank 3 has not entered the 14th collective (all_reduce ...); it last
  // finished the 13th, 31 s ago" for each rank that has said so, and not
  // that it has come since; else "".
  std::string WhoIsBehind(int64_t sequence, absl::string_view what) const;

 private:
  using Clock = std::chrono::steady_clock;

  struct LastFinished {
    int64_t sequence;
    Clock::time_point at;
  };

  // The collectives that ranks have stood in, by number and rank: the last.
  std::map<int64_t, std::map<int, std::string>> blocked_;
  std::map<int, int64_t> entered_;  // the greatest of those, by rank
  std::map<int, LastFinished> behind_;
  std::map<int, int64_t> left_;  // after so many collectives
};

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_COLLECTIVE_STANDINGS_H_
