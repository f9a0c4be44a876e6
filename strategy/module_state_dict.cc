#include "strategy/module_state_dict.h"

#include <torch/nn/module.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "logging/log.h"

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

// `state_dict` by the module's names.
Dict WithoutDdpPrefix(const Dict& state_dict, const Dict& own) {
  // A module may have a child called "module" itself.
  const bool is_ddp =
      AllHavePrefix(state_dict, kDdpPrefix) && !AllHavePrefix(own, kDdpPrefix);
  Dict result;
  for (const auto& [key, value] : state_dict) {
    const std::string name = KeyString(key);
    const bool strips = is_ddp || !own.Find(name);
    result.Set(std::string(strips ? absl::StripPrefix(name, kDdpPrefix)
                                  : absl::string_view(name)),
               value);
  }
  return result;
}

// The names of `a` that `b` lacks: "x, y".
std::string NamesOnlyIn(const Dict& a, const Dict& b) {
  std::vector<std::string> names;
  for (const auto& [key, value] : a) {
    if (!b.FindKey(key)) names.push_back(KeyString(key));
  }
  return absl::StrJoin(names, ", ");
}

bool NothingMatches(const Dict& a, const Dict& b) {
  return std::none_of(a.begin(), a.end(), [&](const Dict::Item& item) {
    return b.FindKey(item.first) != nullptr;
  });
}

// Why `value` cannot be copied into `target`, or "".
std::string Misfit(const Value& value, const at::Tensor& target) {
  const auto* tensor = value.get_if<at::Tensor>();
  if (tensor == nullptr || !tensor->defined()) {
    return absl::StrCat("expected a tensor, found ", value.type_name());
  }
  if (tensor->sizes() == target.sizes()) return "";
  return absl::StrCat("the checkpoint has shape ", ShapeString(*tensor),
                      ", the model ", ShapeString(target));
}

}  // namespace

Dict ModuleStateDict(const torch::nn::Module& module) {
  Dict state_dict;
  Collect(module, "", &state_dict);
  return state_dict;
}

absl::Status LoadModuleStateDict(const Dict& state_dict, StateDictMatch match,
                                 torch::nn::Module* module) {
  const Dict own = ModuleStateDict(*module);
  const Dict loaded = WithoutDdpPrefix(state_dict, own);
  std::vector<std::string> errors;
  for (const auto& [key, value] : loaded) {
    const Value* target = own.FindKey(key);
    if (target == nullptr) continue;
    const std::string misfit = Misfit(value, *target->get_if<at::Tensor>());
    if (!misfit.empty()) {
      errors.push_back(absl::StrCat(KeyString(key), ": ", misfit));
    }
  }
  const std::string missing = NamesOnlyIn(own, loaded);
  const std::string unexpected = NamesOnlyIn(loaded, own);
  if (errors.empty() && missing.size() > 0 && NothingMatches(own, loaded)) {
    errors.push_back(absl::StrCat("no name of the checkpoint (", unexpected,
                                  ") is one of the model (", missing, ")"));
  } else if (match == StateDictMatch::kStrict) {
    if (!missing.empty()) {
      errors.push_back(absl::StrCat("missing in the checkpoint: ", missing));
    }
    if (!unexpected.empty()) {
      errors.push_back(absl::StrCat("not in the model: ", unexpected));
    }
  }
  if (!errors.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the checkpoint doesn't fit the model; load one of the same model or "
        "change the model's config:\n  ",
        absl::StrJoin(errors, "\n  ")));
  }
  at::NoGradGuard no_grad;
  for (const auto& [key, value] : loaded) {
    const Value* target = own.FindKey(key);
    if (target == nullptr) continue;
    at::Tensor to = *target->get_if<at::Tensor>();
    to.copy_(*value.get_if<at::Tensor>());
  }
  if (!unexpected.empty()) {
    ANNEAL_LOG(WARNING) << "not in the model, so not loaded: " << unexpected;
  }
  if (!missing.empty()) {
    ANNEAL_LOG(WARNING) << "not in the checkpoint, so left as initialised: "
                        << missing;
  }
  return absl::OkStatus();
}

}  // namespace anneal
