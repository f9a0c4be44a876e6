// A dict -> the object it describes.
#ifndef ANNEAL_REGISTRY_BUILD_FROM_CFG_H_
#define ANNEAL_REGISTRY_BUILD_FROM_CFG_H_

#include <google/protobuf/any.pb.h>

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "config/lower.h"
#include "config/node.h"
#include "registry/registry.h"
#include "utils/status_macros.h"

namespace anneal {

// Builds what the dict `cfg`, with a `type`, describes; `args` are what Create
// takes behind the config:
//
//   ASSIGN_OR_RETURN(const config::Node cfg,
//                    config::ReadYaml("{type: SGD, lr: 0.1}", "here"));
//   ASSIGN_OR_RETURN(auto sgd, BuildFromCfg<Optimizer>(cfg, param_groups));
//
// Any kind of registry will do, also one of your own. InvalidArgument for
// fields the class does not have and classes that are not linked, each with its
// place, else what Create says. `_scope_` in the dict names the scope to look
// in first. A run lowers its whole config at once instead, so that it can
// report every mistake before anything is built.
template <typename Base, typename... Args>
absl::StatusOr<std::unique_ptr<Base>> BuildFromCfg(const config::Node& cfg,
                                                   Args&&... args) {
  google::protobuf::Any any;
  RETURN_IF_ERROR(config::LowerComponent(cfg, RegistryOf<Base>::kKind,
                                         RegistryIndex::Get(), &any));
  return RegistryOf<Base>::Get().Build(any, std::forward<Args>(args)...);
}

}  // namespace anneal

#endif  // ANNEAL_REGISTRY_BUILD_FROM_CFG_H_
