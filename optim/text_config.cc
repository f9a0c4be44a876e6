#include "optim/text_config.h"

#include <google/protobuf/text_format.h>

#include <memory>

#include "logging/log.h"
#include "registry/registry_index.h"

namespace anneal {

google::protobuf::Any TextConfig(absl::string_view kind,
                                 absl::string_view class_name,
                                 const std::string& text) {
  const auto* component = RegistryIndex::Get().Find(kind, class_name);
  ANNEAL_CHECK(component != nullptr) << class_name;
  const std::unique_ptr<google::protobuf::Message> config(
      component->config->New());
  ANNEAL_CHECK(
      google::protobuf::TextFormat::ParseFromString(text, config.get()))
      << text;
  google::protobuf::Any any;
  any.PackFrom(*config);
  return any;
}

}  // namespace anneal
