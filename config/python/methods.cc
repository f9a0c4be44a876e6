#include "config/python/methods.h"

namespace anneal::config::python {

Native FindMethod(const Value& object, absl::string_view name) {
  if (TextOf(object)) return FindStrMethod(name);
  if (const List* list = object.get<List>()) {
    return FindListMethod(name, list->is_tuple);
  }
  if (object.get<Set>()) return FindSetMethod(name);
  if (const Dict* dict = object.get<Dict>()) {
    return FindDictMethod(name, dict->is_config_dict);
  }
  return nullptr;
}

}  // namespace anneal::config::python
