// Where the ranks of a run find each other.
#ifndef ANNEAL_DIST_RENDEZVOUS_H_
#define ANNEAL_DIST_RENDEZVOUS_H_

#include <c10/util/intrusive_ptr.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "dist/rank_environment.h"

namespace c10d {
class Store;
}

namespace anneal::dist {

// Meets the other ranks at env.master_addr:env.master_port and gives the store
// of keys and values that they share: it lives in rank 0's process, or in the
// launcher's where that serves one, and its keys are those of this start alone.
// All ranks call it; it returns once all have. DeadlineExceeded, with the ranks
// that have not come or the address that does not answer, after `timeout`;
// Unavailable where rank 0 can't listen on the port.
absl::StatusOr<c10::intrusive_ptr<c10d::Store>> Rendezvous(
    const RankEnvironment& env, absl::Duration timeout);

// Whether `host` stands for this machine alone: localhost, 127.0.0.1, ::1.
bool IsLoopback(absl::string_view host);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_RENDEZVOUS_H_
