// Collectives of ranks on one machine as c10d takes them.
#ifndef ANNEAL_DIST_SHARED_MEMORY_SHARED_MEMORY_BACKEND_H_
#define ANNEAL_DIST_SHARED_MEMORY_SHARED_MEMORY_BACKEND_H_

#include <c10/util/intrusive_ptr.h>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace c10d {
class Backend;
class Store;
}  // namespace c10d

namespace anneal::dist {

// A c10d backend, named "shm", of ranks on one machine through memory that they
// share: several times Gloo's speed over loopback. All ranks call it, with a
// store of their own (c10d::PrefixStore).
//
// FailedPrecondition, the same on all ranks, where they can't share memory: the
// caller takes Gloo then. DeadlineExceeded for ranks that don't come within
// `timeout`; Unavailable for other errors of the store.
//
// The backend serves dense CPU tensors, of any strides: allreduce,
// allreduce_coalesced, reduce, reduce_scatter, _reduce_scatter_base,
// reduce_scatter_tensor_coalesced (reduction.h says which reductions and
// dtypes); broadcast, allgather, _allgather_base,
// allgather_into_tensor_coalesced, gather, scatter, alltoall, alltoall_base,
// with any dtype; barrier, monitoredBarrier. It takes one tensor a rank where
// c10d has lists for several devices. All else throws c10::Error with the name.
//
// Results are the same bits on every rank and in every run: reductions go from
// rank 0 to the last. Works run in order on a thread of the backend, or on the
// caller's where opts.asyncOp is false and nothing is queued; callbacks of
// their futures must not wait for other works.
//
// A work fails on all ranks, and so does each one after it, where ranks differ
// in what they call (c10::ValueError), a rank does not come within opts.timeout
// (by default `timeout`), has ended, or called abort (c10::DistBackendError);
// the message names the rank. shutdown() runs what is queued first.
absl::StatusOr<c10::intrusive_ptr<c10d::Backend>> MakeSharedMemoryBackend(
    const c10::intrusive_ptr<c10d::Store>& store, int rank, int size,
    absl::Duration timeout);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_SHARED_MEMORY_SHARED_MEMORY_BACKEND_H_
