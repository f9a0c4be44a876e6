#include "utils/sequence.h"

namespace anneal {

Value ApplyTo(const Value& data, absl::FunctionRef<bool(const Value&)> expr,
              absl::FunctionRef<Value(const Value&)> apply) {
  if (const auto* dict = data.get_if<Dict>()) {
    Dict result;
    for (const auto& [key, value] : *dict) {
      result.Set(key, ApplyTo(value, expr, apply));
    }
    return result;
  }
  if (const auto* list = data.get_if<Value::List>()) {
    Value::List result;
    for (const Value& value : *list) {
      result.push_back(ApplyTo(value, expr, apply));
    }
    return result;
  }
  return expr(data) ? apply(data) : data;
}

}  // namespace anneal
