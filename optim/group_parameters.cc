#include "optim/group_parameters.h"

#include <torch/nn/module.h>

#include <memory>
#include <set>
#include <string>
#include <utility>

#include "config/lower.h"
#include "config/struct_component.pb.h"
#include "config/struct_node.h"
#include "optim/optim_wrapper_constructor.h"
#include "registry/registry_index.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

using google::protobuf::Any;

std::vector<ParamGroup> OneGroup(const torch::nn::Module& model) {
  std::vector<ParamGroup> groups(1);
  // A parameter that two modules share is listed under both names.
  std::set<const void*> seen;
  for (const auto& item : model.named_parameters()) {
    if (!seen.insert(item.value().unsafeGetTensorImpl()).second) continue;
    groups[0].params.push_back(item.value());
    groups[0].names.push_back(item.key());
  }
  return groups;
}

// lr and weight_decay of an optimizer's config.
absl::StatusOr<BaseOptions> BaseOptionsOf(const Any& optimizer) {
  BaseOptions base;
  StructComponent any_fields;
  if (optimizer.Is<StructComponent>() && optimizer.UnpackTo(&any_fields)) {
    const auto& fields = any_fields.fields().fields();
    if (auto it = fields.find("lr"); it != fields.end()) {
      base.lr = it->second.number_value();
    }
    if (auto it = fields.find("weight_decay"); it != fields.end()) {
      base.weight_decay = it->second.number_value();
    }
    return base;
  }
  const std::string& url = optimizer.type_url();
  const std::string type = url.substr(url.rfind('/') + 1);
  const auto* component = RegistryIndex::Get().Find("optimizer", type);
  if (component == nullptr) {
    return RegistryIndex::Get().NotLinked("optimizer", type);
  }
  std::unique_ptr<google::protobuf::Message> config(component->config->New());
  if (!optimizer.UnpackTo(config.get())) {
    return absl::InvalidArgumentError("optim_wrapper.optimizer does not parse");
  }
  const auto* reflection = config->GetReflection();
  const auto real = [&](const char* name) {
    const auto* field = config->GetDescriptor()->FindFieldByName(name);
    const bool is_real =
        field != nullptr && !field->is_repeated() &&
        field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_DOUBLE;
    return is_real ? field : nullptr;
  };
  if (const auto* lr = real("lr")) base.lr = reflection->GetDouble(*config, lr);
  const auto* decay = real("weight_decay");
  if (decay != nullptr && reflection->HasField(*config, decay)) {
    base.weight_decay = reflection->GetDouble(*config, decay);
  }
  return base;
}

absl::StatusOr<std::unique_ptr<OptimWrapperConstructor>> BuildConstructor(
    const OptimWrapperConfig& config) {
  constexpr char kKind[] = "optim_wrapper_constructor";
  const RegistryIndex& index = RegistryIndex::Get();
  const auto* component = index.Find(kKind, config.constructor());
  if (component == nullptr) {
    return Annotate(index.NotLinked(kKind, config.constructor()),
                    "optim_wrapper.constructor");
  }
  Any any;
  if (component->config->GetDescriptor() ==
      google::protobuf::Struct::descriptor()) {
    StructComponent any_fields;
    any_fields.set_type(component->ScopedName());
    *any_fields.mutable_fields() = config.paramwise_cfg();
    any.PackFrom(any_fields);
  } else {
    std::unique_ptr<google::protobuf::Message> message(
        component->config->New());
    const absl::Status lowered = config::Lower(
        config::StructToNode(config.paramwise_cfg()), index, message.get());
    if (!lowered.ok()) return Annotate(lowered, "optim_wrapper.paramwise_cfg");
    any.PackFrom(*message);
  }
  return RegistryOf<OptimWrapperConstructor>::Get().Build(any);
}

}  // namespace

absl::StatusOr<std::vector<ParamGroup>> GroupParameters(
    const OptimWrapperConfig& config, const torch::nn::Module& model) {
  std::vector<ParamGroup> groups;
  // As in mmengine, a constructor has nothing to do without settings.
  if (config.paramwise_cfg().fields().empty()) {
    groups = OneGroup(model);
  } else {
    ASSIGN_OR_RETURN(const BaseOptions base, BaseOptionsOf(config.optimizer()));
    ASSIGN_OR_RETURN(const auto constructor, BuildConstructor(config));
    ASSIGN_OR_RETURN(groups, constructor->ParamGroups(model, base));
  }
  bool is_empty = true;
  for (const ParamGroup& group : groups) {
    for (const at::Tensor& param : group.params) {
      if (param.requires_grad()) return groups;
      is_empty = false;
    }
  }
  if (is_empty) return groups;  // the optimizer says so
  return absl::InvalidArgumentError(
      "no parameter of the model requires a gradient; leave some unfrozen to "
      "train it");
}

}  // namespace anneal
