// Collectives that leave a trace.
#ifndef ANNEAL_DIST_TRACED_BACKEND_H_
#define ANNEAL_DIST_TRACED_BACKEND_H_

#include <c10/util/intrusive_ptr.h>

#include "dist/collective_trace.h"

namespace c10d {
class Backend;
}

namespace anneal::dist {

// A backend that hands everything to `backend` and enters each collective, with
// its dtype and number of elements, in `trace`, which outlives it. NCCL's
// count as finished once they are handed to the device. Messages
// from one rank to another are not entered.
c10::intrusive_ptr<c10d::Backend> TracedBackend(
    c10::intrusive_ptr<c10d::Backend> backend, CollectiveTrace* trace);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_TRACED_BACKEND_H_
