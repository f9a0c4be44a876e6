#include "dist/launcher.h"

#include <ATen/Context.h>

#include <algorithm>
#include <string>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "dist/control_hub.h"
#include "dist/control_plane.h"
#include "dist/process_group_communicator.h"
#include "dist/rank_environment.h"
#include "dist/rendezvous.h"
#include "dist/single_process.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal::dist {
namespace {

using StorePtr = c10::intrusive_ptr<c10d::Store>;

constexpr char kControlKey[] = "control";
constexpr char kBackendKey[] = "backend";

constexpr absl::Duration kLongest = absl::Hours(7 * 24);

absl::Status CheckTime(absl::string_view name, absl::Duration time,
                       absl::Duration shortest) {
  if (time >= shortest && time <= kLongest) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "env_cfg.dist_cfg.", name, " is ", absl::ToDoubleSeconds(time),
      "; it must be ", absl::ToDoubleSeconds(shortest), " to ",
      absl::ToDoubleSeconds(kLongest), " seconds"));
}

absl::Status CheckTimes(const LaunchOptions& options) {
  RETURN_IF_ERROR(CheckTime("timeout", options.timeout, absl::Milliseconds(1)));
  return CheckTime("failure_timeout", options.failure_timeout,
                   absl::Seconds(1));
}

std::string ChooseBackend(const LaunchOptions& options,
                          const RankEnvironment& env) {
  if (!options.backend.empty()) return options.backend;
  const std::vector<std::string> names = BackendNames();
  const auto has = [&](const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (has("nccl") && at::hasCUDA()) return "nccl";
  if (has("shm") && env.local_size == env.world_size) return "shm";
  return "gloo";
}

// Rank 0's choice, for all: machines may differ in what they see.
absl::StatusOr<std::string> AgreeOnBackend(const LaunchOptions& options,
                                           const RankEnvironment& env,
                                           c10d::Store* store) {
  return CatchTorchError([&] {
    if (env.rank == 0) store->set(kBackendKey, ChooseBackend(options, env));
    return store->get_to_str(kBackendKey);
  });
}

// The hub that rank 0 runs for all; null on the others.
absl::StatusOr<std::unique_ptr<ControlHub>> StartHub(
    const LaunchOptions& options, const RankEnvironment& env,
    c10d::Store* store) {
  if (env.rank != 0) return nullptr;
  ControlHub::Options hub_options;
  hub_options.world_size = env.world_size;
  if (IsLoopback(env.master_addr)) hub_options.address = env.master_addr;
  hub_options.join_timeout = options.timeout;
  hub_options.failure_timeout = options.failure_timeout;
  ASSIGN_OR_RETURN(auto hub, ControlHub::Create(hub_options));
  RETURN_IF_ERROR(CatchTorchError([&] {
    store->set(kControlKey, absl::StrCat(hub->port(), " ", hub->token()));
  }));
  return hub;
}

absl::StatusOr<std::unique_ptr<ControlPlane>> JoinControl(
    const LaunchOptions& options, const RankEnvironment& env,
    c10d::Store* store) {
  ASSIGN_OR_RETURN(const std::string told, CatchTorchError([&] {
                     return store->get_to_str(kControlKey);
                   }));
  const std::pair<std::string, std::string> port_and_token =
      absl::StrSplit(told, absl::MaxSplits(' ', 1));
  ControlPlane::Options control;
  control.failure_timeout = options.failure_timeout;
  control.leave_timeout = options.timeout;
  control.channel.host = env.master_addr;
  if (!absl::SimpleAtoi(port_and_token.first, &control.channel.port)) {
    return absl::DataLossError(
        absl::StrCat("rank 0 told a port that is none: ", told));
  }
  control.channel.token = port_and_token.second;
  control.channel.rank = env.rank;
  control.channel.world_size = env.world_size;
  control.channel.join_timeout = options.timeout;
  return ControlPlane::Join(control);
}

// The plane goes first: the hub waits for it.
struct Control {
  std::unique_ptr<ControlHub> hub;
  std::unique_ptr<ControlPlane> plane;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Communicator>> Launch(
    const LaunchOptions& options) {
  RETURN_IF_ERROR(CheckTimes(options));
  ASSIGN_OR_RETURN(const RankEnvironment env,
                   ReadRankEnvironment(options.launcher));
  if (env.world_size == 1) return SingleProcess();
  ASSIGN_OR_RETURN(const StorePtr store, Rendezvous(env, options.timeout));
  auto control = std::make_shared<Control>();
  ASSIGN_OR_RETURN(control->hub, StartHub(options, env, store.get()));
  ASSIGN_OR_RETURN(control->plane, JoinControl(options, env, store.get()));
  GroupOptions group;
  group.store = store;
  group.rank = env.rank;
  group.world_size = env.world_size;
  group.timeout = options.timeout;
  if (IsLoopback(env.master_addr)) group.host = env.master_addr;
  const absl::StatusOr<std::string> backend =
      AgreeOnBackend(options, env, store.get());
  if (!backend.ok()) return control->plane->monitor().Fail(backend.status());
  auto communicator = MakeCommunicator(
      *backend, group, env.local_rank, env.local_size,
      std::shared_ptr<ControlPlane>(control, control->plane.get()));
  if (communicator.ok()) return communicator;
  return control->plane->monitor().Fail(communicator.status());
}

}  // namespace anneal::dist
