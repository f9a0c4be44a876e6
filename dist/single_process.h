// The communicator of a run of one process.
#ifndef ANNEAL_DIST_SINGLE_PROCESS_H_
#define ANNEAL_DIST_SINGLE_PROCESS_H_

#include <memory>

#include "dist/communicator.h"

namespace anneal::dist {

// Rank 0 of 1: every collective gives back what it got, sharing tensors'
// storage.
std::unique_ptr<Communicator> SingleProcess();

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_SINGLE_PROCESS_H_
