#include "optim/constructors/base_settings.h"

#include <ATen/ops/zeros.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/struct_component.pb.h"
#include "optim/optimizer.h"
#include "registry/registry_index.h"
#include "utils/status_macros.h"
#include "utils/value.h"

namespace anneal {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

// The real called `name`: given, or, with `or_default`, the schema's.
absl::optional<double> RealOf(const Message& config, const char* name,
                              bool or_default) {
  const FieldDescriptor* field = config.GetDescriptor()->FindFieldByName(name);
  if (field == nullptr || field->is_repeated() ||
      field->cpp_type() != FieldDescriptor::CPPTYPE_DOUBLE) {
    return absl::nullopt;
  }
  const bool is_given = config.GetReflection()->HasField(config, field);
  if (!is_given && !(or_default && field->has_default_value())) {
    return absl::nullopt;
  }
  return config.GetReflection()->GetDouble(config, field);
}

absl::optional<double> RealOf(const google::protobuf::Struct& config,
                              const char* name) {
  const auto found = config.fields().find(name);
  if (found == config.fields().end()) return absl::nullopt;
  if (!found->second.has_number_value()) return absl::nullopt;
  return found->second.number_value();
}

// The options of the class and their defaults, by one that is made for it;
// empty where the config is wrong, of which building the optimizer tells.
Dict DefaultsOf(const google::protobuf::Any& optimizer) {
  std::vector<ParamGroup> groups(1);
  // Some classes take nothing but matrices.
  groups[0].params = {at::zeros({1, 1})};
  auto built = RegistryOf<Optimizer>::Get().Build(optimizer, std::move(groups));
  return built.ok() ? (*built)->defaults() : Dict();
}

}  // namespace

absl::StatusOr<BaseSettings> ReadBaseSettings(
    const google::protobuf::Any& optimizer) {
  const absl::string_view url = optimizer.type_url();
  const std::string message_type(url.substr(url.rfind('/') + 1));
  BaseSettings settings;
  settings.type = message_type;
  const Dict defaults = DefaultsOf(optimizer);
  for (const auto& [key, value] : defaults) {
    settings.fields.push_back(KeyString(key));
  }
  StructComponent any_fields;
  if (optimizer.UnpackTo(&any_fields)) {
    settings.type = any_fields.type();
    settings.lr = RealOf(any_fields.fields(), "lr");
    settings.weight_decay = RealOf(any_fields.fields(), "weight_decay");
    const Value* lr = defaults.Find("lr");
    if (!settings.lr && lr != nullptr && lr->AsReal("lr").ok()) {
      settings.lr = *lr->AsReal("lr");
    }
    return settings;
  }
  const config::ComponentClass* found =
      RegistryIndex::Get().Find("optimizer", message_type);
  if (found == nullptr) {
    return RegistryIndex::Get().NotLinked("optimizer", message_type);
  }
  settings.type = found->name;
  const std::unique_ptr<Message> config(found->config->New());
  if (!optimizer.UnpackTo(config.get())) {
    return absl::InvalidArgumentError(
        absl::StrCat("not a serialized ", message_type));
  }
  settings.lr = RealOf(*config, "lr", /*or_default=*/true);
  settings.weight_decay = RealOf(*config, "weight_decay", false);
  return settings;
}

absl::Status CheckMultiplies(absl::string_view field,
                             absl::string_view multiplied,
                             const absl::optional<double>& base,
                             const BaseSettings& settings) {
  if (base.has_value()) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "optim_wrapper.paramwise_cfg.", field, " multiplies ", multiplied,
      ", but the optimizer ", settings.type, " is given none; add ", multiplied,
      " to optim_wrapper.optimizer"));
}

}  // namespace anneal
