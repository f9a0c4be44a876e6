#include "dist/collective_standings.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace anneal::dist {
namespace {

// Of the collectives that ranks stood in.
constexpr size_t kMaxSequences = 64;

// "1st", "12th", "23rd".
std::string Ordinal(int64_t number) {
  const bool is_teen = number / 10 % 10 == 1;
  const char* suffixes[] = {"th", "st", "nd", "rd"};
  const int64_t digit = number % 10;
  return absl::StrCat(number, suffixes[is_teen || digit > 3 ? 0 : digit]);
}

std::string Ranks(const std::vector<int>& ranks) {
  return absl::StrCat(ranks.size() == 1 ? "rank " : "ranks ",
                      absl::StrJoin(ranks, ", "));
}

// "that of rank 1 is barrier" for each different collective; that of the fewest
// ranks, the likeliest to be wrong, first.
std::vector<std::string> Claims(const std::map<int, std::string>& by_rank) {
  std::map<std::string, std::vector<int>> ranks_by_what;
  for (const auto& [rank, what] : by_rank) ranks_by_what[what].push_back(rank);
  std::map<std::pair<size_t, std::vector<int>>, std::string> groups;
  for (const auto& [what, ranks] : ranks_by_what) {
    groups[{ranks.size(), ranks}] = what;
  }
  std::vector<std::string> claims;
  for (const auto& [group, what] : groups) {
    claims.push_back(
        absl::StrCat("that of ", Ranks(group.second), " is ", what));
  }
  return claims;
}

}  // namespace

void CollectiveStandings::Record(int rank, const Blocked& blocked) {
  blocked_[blocked.sequence()][rank] = blocked.what();
  if (blocked_.size() > kMaxSequences) blocked_.erase(blocked_.begin());
  int64_t& entered = entered_[rank];
  entered = std::max(entered, blocked.sequence());
}

void CollectiveStandings::Record(int rank, const Behind& behind) {
  const auto age = std::chrono::duration_cast<Clock::duration>(
      std::chrono::duration<double>(behind.seconds()));
  behind_[rank] = {behind.finished(), Clock::now() - age};
}

void CollectiveStandings::Record(int rank, const Left& left) {
  left_[rank] = left.collectives();
}

std::string CollectiveStandings::WhoHasNotLeft(int world_size) const {
  std::vector<int> ranks;
  for (int rank = 0; rank < world_size; ++rank) {
    if (left_.count(rank) == 0) ranks.push_back(rank);
  }
  return absl::StrCat(Ranks(ranks), ranks.size() == 1 ? " has" : " have",
                      " not left the run");
}

std::string CollectiveStandings::Disagreement() const {
  for (const auto& [sequence, what_by_rank] : blocked_) {
    const std::vector<std::string> claims = Claims(what_by_rank);
    if (claims.size() < 2) continue;
    return absl::StrCat("the ranks disagree on the ", Ordinal(sequence),
                        " collective: ", absl::StrJoin(claims, ", "),
                        "; one of them left a collective out or ordered them "
                        "otherwise");
  }
  return "";
}

std::string CollectiveStandings::LeftWithout(int rank, int64_t sequence,
                                             absl::string_view what) const {
  for (const auto& [gone, collectives] : left_) {
    if (collectives >= sequence) continue;
    return absl::StrCat("rank ", gone, " has left the run (it finished after ",
                        collectives, " collectives), while rank ", rank,
                        " waits in its ", Ordinal(sequence), ", ", what);
  }
  return "";
}

std::string CollectiveStandings::WhoIsBehind(int64_t sequence,
                                             absl::string_view what) const {
  std::vector<std::string> claims;
  for (const auto& [rank, last] : behind_) {
    const auto entered = entered_.find(rank);
    const bool has_come =
        last.sequence >= sequence ||
        (entered != entered_.end() && entered->second >= sequence);
    if (has_come) continue;
    const double seconds =
        std::chrono::duration<double>(Clock::now() - last.at).count();
    const std::string ago = absl::StrCat(std::llround(seconds), " s");
    claims.push_back(absl::StrCat(
        "rank ", rank, " has not entered the ", Ordinal(sequence),
        " collective (", what, "); it ",
        last.sequence == 0
            ? absl::StrCat("has finished none, ", ago, " after it joined")
            : absl::StrCat("last finished the ", Ordinal(last.sequence), ", ",
                           ago, " ago")));
  }
  return absl::StrJoin(claims, "; ");
}

}  // namespace anneal::dist
