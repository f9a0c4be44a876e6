// The ranks of one machine.
#ifndef ANNEAL_DIST_LOCAL_GROUP_H_
#define ANNEAL_DIST_LOCAL_GROUP_H_

#include <memory>

#include "absl/status/statusor.h"
#include "dist/communicator.h"

namespace anneal::dist {

// A group of those ranks of `world` that are on this rank's machine (of one
// host name and boot), in order: mmengine's get_local_group. All ranks call it;
// the group lives no longer than `world`. Fails as Communicator::NewGroup.
absl::StatusOr<std::unique_ptr<Communicator>> LocalGroup(Communicator& world);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_LOCAL_GROUP_H_
