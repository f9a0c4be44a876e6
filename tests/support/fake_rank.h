// A rank of a run whose other ranks are not there.
#ifndef ANNEAL_TESTS_SUPPORT_FAKE_RANK_H_
#define ANNEAL_TESTS_SUPPORT_FAKE_RANK_H_

#include <deque>
#include <memory>

#include "dist/communicator.h"
#include "utils/value.h"

namespace anneal {

// What the main rank has broadcast and one other rank has not yet got.
using Wire = std::deque<Value>;

// Rank `rank` of `world_size`, all on one machine. With a `wire`, which
// outlives it, the ranks run after each other: what the main one broadcasts as
// objects lies there for another, and the results collected are its own.
// Other collectives but Barrier are Unimplemented, as these are without a wire
// or where it is empty.
std::unique_ptr<dist::Communicator> FakeRank(int rank, int world_size,
                                             Wire* wire = nullptr);

}  // namespace anneal

#endif  // ANNEAL_TESTS_SUPPORT_FAKE_RANK_H_
