// LibTorch's process groups, made for the ranks of a run.
#ifndef ANNEAL_DIST_PROCESS_GROUP_H_
#define ANNEAL_DIST_PROCESS_GROUP_H_

#include <c10/util/intrusive_ptr.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace c10d {
class Backend;
class ProcessGroup;
class Store;
}  // namespace c10d

namespace anneal::dist {

// What a group is made of.
struct GroupOptions {
  // Shared by its ranks and by no other group: prefixes of one store.
  c10::intrusive_ptr<c10d::Store> store;
  int rank = 0;
  int world_size = 1;
  // A collective that takes longer fails.
  absl::Duration timeout = absl::Minutes(30);
  // Where this machine listens, for Gloo: a name or address of it. Empty: the
  // interface that GLOO_SOCKET_IFNAME names, or else the host name's.
  std::string host;
};

// Makes the backend of one kind of device. Throws c10::Error.
using BackendFactory =
    std::function<c10::intrusive_ptr<c10d::Backend>(const GroupOptions&)>;

// The backend "gloo". Throws c10::Error and Gloo's own exceptions.
c10::intrusive_ptr<c10d::Backend> MakeGlooBackend(const GroupOptions& options);

// A backend that a target adds by being linked: a constant in its .cc. Dies if
// two have one name.
class BackendRegistration {
 public:
  BackendRegistration(absl::string_view name, bool is_for_cuda,
                      BackendFactory factory);
};

// The names of the backends linked: "gloo", always, and those of //dist:nccl
// ("nccl") and //dist:shm ("shm").
std::vector<std::string> BackendNames();

// A group of LibTorch's over backend `name`, which serves CUDA tensors where it
// is one for CUDA; those on the host are served by Gloo then. `wrap` may put
// something around each backend. All ranks call it together. InvalidArgument
// for a backend that is not linked; Unavailable or DeadlineExceeded where the
// ranks do not find each other.
absl::StatusOr<c10::intrusive_ptr<c10d::ProcessGroup>> MakeProcessGroup(
    absl::string_view name, const GroupOptions& options,
    const std::function<c10::intrusive_ptr<c10d::Backend>(
        c10::intrusive_ptr<c10d::Backend>)>& wrap = nullptr);

}  // namespace anneal::dist

#endif  // ANNEAL_DIST_PROCESS_GROUP_H_
