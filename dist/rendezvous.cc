#include "dist/rendezvous.h"

#include <algorithm>
#include <string>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal::dist {
namespace {

using StorePtr = c10::intrusive_ptr<c10d::Store>;

std::string Address(const RankEnvironment& env) {
  return absl::StrCat(env.master_addr, ":", env.master_port);
}

absl::StatusOr<StorePtr> Connect(const RankEnvironment& env,
                                 absl::Duration timeout) {
  const bool is_server = env.rank == 0 && !env.launcher_serves_store;
  const absl::StatusOr<StorePtr> store = CatchTorchError([&]() -> StorePtr {
    c10d::TCPStoreOptions options;
    options.port = static_cast<uint16_t>(env.master_port);
    options.isServer = is_server;
    // Who is missing is said below.
    options.waitWorkers = false;
    options.timeout = absl::ToChronoMilliseconds(timeout);
    if (is_server && env.master_listen_fd >= 0) {
      options.masterListenFd = env.master_listen_fd;
    }
    return c10::make_intrusive<c10d::TCPStore>(env.master_addr, options);
  });
  if (store.ok()) return store;
  if (is_server) {
    return absl::UnavailableError(
        absl::StrCat("rank 0 can't listen on port ", env.master_port,
                     " for the other ranks: ", store.status().message(),
                     absl::StrContains(store.status().message(), "in use")
                         ? "; another run has it: set MASTER_PORT (torchrun: "
                           "--master-port) to another"
                         : ""));
  }
  return absl::DeadlineExceededError(absl::StrCat(
      "rank ", env.rank, " did not reach the rendezvous at ", Address(env),
      " within ", absl::FormatDuration(timeout),
      ": is rank 0 started there, and is the port open between the machines? (",
      store.status().message(), ")"));
}

std::string JoinedKey(int rank) { return absl::StrCat("joined/", rank); }

// Says that this rank is there and waits for the others.
absl::Status MeetAll(const RankEnvironment& env, absl::Duration timeout,
                     c10d::Store* store) {
  std::vector<std::string> keys;
  for (int rank = 0; rank < env.world_size; ++rank) {
    keys.push_back(JoinedKey(rank));
  }
  const absl::Status met = CatchTorchError([&] {
    store->set(keys[env.rank], std::vector<uint8_t>{1});
    store->wait(keys, absl::ToChronoMilliseconds(timeout));
  });
  if (met.ok()) return absl::OkStatus();
  std::vector<int> missing;
  const absl::Status looked = CatchTorchError([&] {
    for (int rank = 0; rank < env.world_size; ++rank) {
      if (!store->check({keys[rank]})) missing.push_back(rank);
    }
  });
  if (!looked.ok() || missing.empty()) {
    return absl::UnavailableError(absl::StrCat(
        "the rendezvous at ", Address(env), " was lost: ", met.message()));
  }
  return absl::DeadlineExceededError(absl::StrCat(
      "rank", missing.size() > 1 ? "s " : " ", absl::StrJoin(missing, ", "),
      " of ", env.world_size, " did not come to the rendezvous at ",
      Address(env), " within ", absl::FormatDuration(timeout),
      "; look at their output, or raise env_cfg.dist_cfg.timeout"));
}

}  // namespace

absl::StatusOr<StorePtr> Rendezvous(const RankEnvironment& env,
                                    absl::Duration timeout) {
  const absl::Time deadline = absl::Now() + timeout;
  ASSIGN_OR_RETURN(const StorePtr store, Connect(env, timeout));
  // torchrun's agent keeps one store over restarts, and keys of its own in it.
  StorePtr own = c10::make_intrusive<c10d::PrefixStore>(
      absl::StrCat("anneal/", env.run_id, "/", env.restart_count), store);
  RETURN_IF_ERROR(MeetAll(
      env, std::max(deadline - absl::Now(), absl::Milliseconds(1)), own.get()));
  return own;
}

bool IsLoopback(absl::string_view host) {
  return host == "localhost" || host == "::1" || absl::StartsWith(host, "127.");
}

}  // namespace anneal::dist
