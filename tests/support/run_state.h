// What a checkpoint says of a run, but for its names and times.
#ifndef ANNEAL_TESTS_SUPPORT_RUN_STATE_H_
#define ANNEAL_TESTS_SUPPORT_RUN_STATE_H_

#include "utils/value.h"

namespace anneal {

// What two runs that are the same have in common of a checkpoint: all but
// times, the run's name and config text, and the folders of the checkpoints
// that it names. Keys are sorted: what is taken out and set again stands
// elsewhere.
Dict RunState(const Dict& checkpoint);

}  // namespace anneal

#endif  // ANNEAL_TESTS_SUPPORT_RUN_STATE_H_
