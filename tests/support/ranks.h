// Several ranks for a test, each a process of its own.
#ifndef ANNEAL_TESTS_SUPPORT_RANKS_H_
#define ANNEAL_TESTS_SUPPORT_RANKS_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "dist/communicator.h"
#include "dist/process_group.h"

namespace anneal {

// Runs `body` in `world_size` new processes and fails the test where a rank
// does not end well within two minutes: a failed assertion, a crash or an
// exception in it. The calling process must not have run LibTorch's operators:
// its threads would not be there in the new ones. `options` has a store of
// their own.
void RunProcesses(int world_size,
                  absl::FunctionRef<void(const dist::GroupOptions&)> body);

// The same with a communicator over `backend` and one thread for operators.
void RunRanks(int world_size, absl::FunctionRef<void(dist::Communicator&)> body,
              const std::string& backend = "gloo");

}  // namespace anneal

#endif  // ANNEAL_TESTS_SUPPORT_RANKS_H_
