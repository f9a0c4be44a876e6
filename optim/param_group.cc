#include "optim/param_group.h"

#include "logging/log.h"

namespace anneal {

double ParamGroup::real(absl::string_view option) const {
  const Value* value = options.Find(option);
  // What is no option of the optimizer's own ("initial_lr") may be an integer
  // in a state that Python wrote.
  ANNEAL_CHECK(value != nullptr && value->AsReal(option).ok()) << option;
  return *value->AsReal(option);
}

bool ParamGroup::flag(absl::string_view option) const {
  const Value* value = options.Find(option);
  ANNEAL_CHECK(value != nullptr && value->get_if<bool>()) << option;
  return *value->get_if<bool>();
}

double ParamGroup::beta(int index) const {
  const Value* value = options.Find("betas");
  ANNEAL_CHECK(value != nullptr && value->get_if<Value::List>()) << "betas";
  return *(*value->get_if<Value::List>())[index].get_if<double>();
}

}  // namespace anneal
