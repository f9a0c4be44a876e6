#include "strategy/module_state_dict.h"

#include <torch/nn/module.h>

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"

namespace anneal {
namespace {

constexpr absl::string_view kDdpPrefix = "module.";

void Collect(const torch::nn::Module& module, const std::string& prefix,
             Dict* state_dict) {
  for (const auto& item : module.named_parameters(/*recurse=*/false)) {
    state_dict->Set(prefix + item.key(), item.value());
  }
  for (const auto& item : module.named_buffers(/*recurse=*/false)) {
    state_dict->Set(prefix + item.key(), item.value());
  }
  for (const auto& item : module.named_children()) {
    Collect(*item.value(), prefix + item.key() + ".", state_dict);
  }
}

bool AllHavePrefix(const Dict& state_dict, absl::string_view prefix) {
  for (const auto& [key, value] : state_dict) {
    if (!absl::StartsWith(KeyString(key), prefix)) return false;
  }
  return !state_dict.empty();
}

std::string ShapeString(const at::Tensor& tensor) {
  return absl::StrCat("[", absl::StrJoin(tensor.sizes(), ", "), "]");
}

// The model's names as `state_dict` writes them: with or without "module.".
absl::string_view PrefixOf(const Dict& state_dict, const Dict& own) {
  return AllHavePrefix(state_dict, kDdpPrefix) &&
                 !AllHavePrefix(own, kDdpPrefix)
             ? kDdpPrefix
             : "";
}

}  // namespace

Dict ModuleStateDict(const torch::nn::Module& module) {
  Dict state_dict;
  Collect(module, "", &state_dict);
  return state_dict;
}

StateDictDifference CompareNames(const Dict& state_dict,
                                 const torch::nn::Module& module) {
  const Dict own = ModuleStateDict(module);
  const absl::string_view prefix = PrefixOf(state_dict, own);
  StateDictDifference difference;
  for (const auto& [key, value] : own) {
    if (!state_dict.Find(absl::StrCat(prefix, KeyString(key)))) {
      difference.missing.push_back(KeyString(key));
    }
  }
  for (const auto& [key, value] : state_dict) {
    const std::string name(absl::StripPrefix(KeyString(key), prefix));
    if (!own.Find(name)) difference.unexpected.push_back(name);
  }
  return difference;
}

absl::Status LoadModuleStateDict(const Dict& state_dict,
                                 torch::nn::Module* module) {
  const Dict own = ModuleStateDict(*module);
  const absl::string_view prefix = PrefixOf(state_dict, own);
  std::vector<std::pair<at::Tensor, at::Tensor>> copies;
  std::vector<std::string> errors;
  for (const auto& [key, value] : state_dict) {
    const std::string name(absl::StripPrefix(KeyString(key), prefix));
    const Value* target = own.Find(name);
    if (target == nullptr) continue;
    const at::Tensor& to = *target->get_if<at::Tensor>();
    const auto* from = value.get_if<at::Tensor>();
    if (from == nullptr) {
      errors.push_back(
          absl::StrCat(name, ": expected a tensor, found ", value.type_name()));
    } else if (from->sizes() != to.sizes()) {
      errors.push_back(absl::StrCat(name, ": the checkpoint has shape ",
                                    ShapeString(*from), ", the model ",
                                    ShapeString(to)));
    } else {
      copies.emplace_back(to, *from);
    }
  }
  if (!errors.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the checkpoint doesn't fit the model; load one of the same model or "
        "change the model's config:\n  ",
        absl::StrJoin(errors, "\n  ")));
  }
  at::NoGradGuard no_grad;
  for (auto& [to, from] : copies) to.copy_(from);
  return absl::OkStatus();
}

}  // namespace anneal
