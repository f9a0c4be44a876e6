// For tests: components from their config messages.
#ifndef ANNEAL_DATASET_BUILD_FOR_TEST_H_
#define ANNEAL_DATASET_BUILD_FOR_TEST_H_

#include <google/protobuf/any.pb.h>
#include <google/protobuf/message.h>

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "registry/registry.h"

namespace anneal {

inline google::protobuf::Any Packed(const google::protobuf::Message& config) {
  google::protobuf::Any any;
  any.PackFrom(config);
  return any;
}

// What the registry of Base makes of `config`.
template <typename Base, typename... Args>
absl::StatusOr<std::unique_ptr<Base>> Build(
    const google::protobuf::Message& config, Args&&... args) {
  return RegistryOf<Base>::Get().Build(Packed(config),
                                       std::forward<Args>(args)...);
}

}  // namespace anneal

#endif  // ANNEAL_DATASET_BUILD_FOR_TEST_H_
