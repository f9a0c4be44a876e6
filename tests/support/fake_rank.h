// A rank of a run whose other ranks are not there.
#ifndef ANNEAL_TESTS_SUPPORT_FAKE_RANK_H_
#define ANNEAL_TESTS_SUPPORT_FAKE_RANK_H_

#include <memory>

#include "dist/communicator.h"

namespace anneal {

// Rank `rank` of `world_size`, all on one machine. Collectives but Barrier are
// Unimplemented.
std::unique_ptr<dist::Communicator> FakeRank(int rank, int world_size);

}  // namespace anneal

#endif  // ANNEAL_TESTS_SUPPORT_FAKE_RANK_H_
