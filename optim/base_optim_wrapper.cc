#include "optim/base_optim_wrapper.h"

#include <c10/util/Exception.h>

#include "absl/strings/str_cat.h"

namespace anneal {
namespace {

double MomentumOf(const ParamGroup& group) {
  if (group.options.Find("momentum")) return group.real("momentum");
  return group.options.Find("betas") ? group.beta(0) : 0;
}

template <typename Fn>
BaseOptimWrapper::GroupValues ForEachGroup(
    const BaseOptimWrapper::NamedOptimizers& optimizers, const char* what,
    Fn value_of) {
  BaseOptimWrapper::GroupValues all;
  for (const auto& [name, optimizer] : optimizers) {
    auto& values =
        all.emplace_back(name.empty() ? what : absl::StrCat(name, ".", what),
                         std::vector<double>())
            .second;
    for (const ParamGroup& group : optimizer->param_groups()) {
      values.push_back(value_of(group));
    }
  }
  return all;
}

}  // namespace

BaseOptimWrapper& BaseOptimWrapper::operator[](absl::string_view name) {
  C10_THROW_ERROR(
      ValueError,
      absl::StrCat("there is one optimizer, so no wrapper \"", name,
                   "\"; several are optim_wrapper.type: OptimWrapperDict"));
}

BaseOptimWrapper::GroupValues BaseOptimWrapper::GetLr() const {
  return ForEachGroup(optimizers(), "lr",
                      [](const ParamGroup& group) { return group.real("lr"); });
}

BaseOptimWrapper::GroupValues BaseOptimWrapper::GetMomentum() const {
  return ForEachGroup(optimizers(), "momentum", MomentumOf);
}

}  // namespace anneal
