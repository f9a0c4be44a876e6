// One rank's outcome for all.
#ifndef ANNEAL_DIST_BROADCAST_STATUS_H_
#define ANNEAL_DIST_BROADCAST_STATUS_H_

#include "absl/status/status.h"
#include "dist/communicator.h"

namespace anneal::dist {

// The `status` of rank `source`, on every rank: what one rank does for all
// fails on all, so that none waits for the others. All ranks call it; the
// status of the others is not looked at. Fails as BroadcastObject.
absl::Status BroadcastStatus(Communicator& communicator,
                             const absl::Status& status, int source);

// Whether BroadcastStatus has failed itself: the others may have got something
// else.
bool IsBroadcastFailure(const absl::Status& status);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_BROADCAST_STATUS_H_
