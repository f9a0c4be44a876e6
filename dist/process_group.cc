#include "dist/process_group.h"

#include <cstdlib>
#include <torch/csrc/distributed/c10d/Backend.hpp>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#include <torch/csrc/distributed/c10d/Store.hpp>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "logging/log.h"
#include "utils/torch_status.h"

namespace anneal::dist {
namespace {

using BackendPtr = c10::intrusive_ptr<c10d::Backend>;
using BackendType = c10d::ProcessGroup::BackendType;

struct Registered {
  bool is_for_cuda;
  BackendFactory factory;
};

absl::btree_map<std::string, Registered>& Backends() {
  static auto& backends = *new absl::btree_map<std::string, Registered>();
  return backends;
}

const BackendRegistration kGloo("gloo", /*is_for_cuda=*/false, MakeGlooBackend);

// Each of a group's backends has keys of its own in the store.
void SetBackend(absl::string_view name, const Registered& backend,
                c10::DeviceType device, const GroupOptions& options,
                const std::function<BackendPtr(BackendPtr)>& wrap,
                c10d::ProcessGroup* group) {
  GroupOptions own = options;
  own.store =
      c10::make_intrusive<c10d::PrefixStore>(std::string(name), options.store);
  BackendPtr made = backend.factory(own);
  if (wrap) made = wrap(std::move(made));
  const BackendType type = name == "gloo"   ? BackendType::GLOO
                           : name == "nccl" ? BackendType::NCCL
                                            : BackendType::CUSTOM;
  group->setBackend(device, type, made);
}

}  // namespace

BackendPtr MakeGlooBackend(const GroupOptions& options) {
  auto gloo = c10d::ProcessGroupGloo::Options::create(
      absl::ToChronoMilliseconds(options.timeout));
  const char* interfaces = std::getenv("GLOO_SOCKET_IFNAME");
  if (interfaces != nullptr && *interfaces != '\0') {
    for (absl::string_view name : absl::StrSplit(interfaces, ',')) {
      gloo->devices.push_back(
          c10d::ProcessGroupGloo::createDeviceForInterface(std::string(name)));
    }
  } else if (!options.host.empty()) {
    gloo->devices.push_back(
        c10d::ProcessGroupGloo::createDeviceForHostname(options.host));
  } else {
    gloo->devices.push_back(c10d::ProcessGroupGloo::createDefaultDevice());
  }
  // As many collectives at once as Python's.
  gloo->threads = static_cast<int>(gloo->devices.size() * 2);
  return c10::make_intrusive<c10d::ProcessGroupGloo>(
      options.store, options.rank, options.world_size, std::move(gloo));
}

BackendRegistration::BackendRegistration(absl::string_view name,
                                         bool is_for_cuda,
                                         BackendFactory factory) {
  const bool is_new =
      Backends()
          .emplace(name, Registered{is_for_cuda, std::move(factory)})
          .second;
  ANNEAL_CHECK(is_new) << "two backends are called " << name;
}

std::vector<std::string> BackendNames() {
  std::vector<std::string> names;
  for (const auto& [name, backend] : Backends()) names.push_back(name);
  return names;
}

absl::StatusOr<c10::intrusive_ptr<c10d::ProcessGroup>> MakeProcessGroup(
    absl::string_view name, const GroupOptions& options,
    const std::function<BackendPtr(BackendPtr)>& wrap) {
  const auto found = Backends().find(std::string(name));
  if (found == Backends().end()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "env_cfg.dist_cfg.backend is \"", name, "\"; this program has ",
        absl::StrJoin(BackendNames(), ", "),
        name == "nccl" ? ": build it with --config=cuda" : ""));
  }
  return CatchTorchError([&] {
    auto group = c10::make_intrusive<c10d::ProcessGroup>(
        options.store, options.rank, options.world_size);
    const Registered& chosen = found->second;
    if (chosen.is_for_cuda) {
      SetBackend(name, chosen, c10::DeviceType::CUDA, options, wrap,
                 group.get());
      SetBackend("gloo", Backends().at("gloo"), c10::DeviceType::CPU, options,
                 wrap, group.get());
    } else {
      SetBackend(name, chosen, c10::DeviceType::CPU, options, wrap,
                 group.get());
    }
    group->setDefaultBackend(name == "gloo"   ? BackendType::GLOO
                             : name == "nccl" ? BackendType::NCCL
                                              : BackendType::CUSTOM);
    // A rank that has made its part and gives it up at once would cut off those
    // that still connect to it.
    group->getBackend(c10::DeviceType::CPU)->barrier()->wait();
    return group;
  });
}

}  // namespace anneal::dist
