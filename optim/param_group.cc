#include "optim/param_group.h"

#include "absl/strings/str_cat.h"
#include "logging/log.h"

namespace anneal {

std::string ParamGroup::name(size_t index) const {
  return index < names.size() ? names[index]
                              : absl::StrCat("parameter ", index);
}

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

double ParamGroup::item(absl::string_view option, int index) const {
  const Value* value = options.Find(option);
  const auto* list = value ? value->get_if<Value::List>() : nullptr;
  ANNEAL_CHECK(list != nullptr && index < static_cast<int>(list->size()) &&
               (*list)[index].AsReal(option).ok())
      << option;
  return *(*list)[index].AsReal(option);
}

}  // namespace anneal
