// Ranks of a test, each a process.
#ifndef ANNEAL_DIST_SHARED_MEMORY_FORKED_RANKS_H_
#define ANNEAL_DIST_SHARED_MEMORY_FORKED_RANKS_H_

#include <functional>
#include <vector>

namespace anneal::dist {

// Runs `body(rank)` in `size` forked processes and returns how they ended, by
// rank: 0, 1 where a gtest assertion failed (it is printed), minus the signal.
// The calling process must have no other threads, so LibTorch is left to the
// children.
std::vector<int> RunForkedRanks(int size,
                                const std::function<void(int rank)>& body);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_SHARED_MEMORY_FORKED_RANKS_H_
