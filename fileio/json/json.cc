#include "fileio/json/json.h"

#include <ATen/core/Tensor.h>

#include <cmath>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "fileio/json/json_string.h"
#include "utils/real_text.h"

namespace anneal {
namespace {

// As Python's json writes them.
std::string Real(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value < 0 ? "-Infinity" : "Infinity";
  return RealText(value);
}

std::string Scalar(const at::Tensor& tensor) {
  if (tensor.is_floating_point()) return Real(tensor.item<double>());
  if (tensor.scalar_type() != at::kBool) {
    return absl::StrCat(tensor.item<int64_t>());
  }
  return tensor.item<bool>() ? "true" : "false";
}

std::string Elements(const at::Tensor& tensor) {
  if (tensor.dim() == 0) return Scalar(tensor);
  std::string out = "[";
  for (int64_t i = 0; i < tensor.size(0); ++i) {
    absl::StrAppend(&out, i == 0 ? "" : ", ", Elements(tensor[i]));
  }
  return out + "]";
}

}  // namespace

std::string ToJson(const Value& value) {
  if (const auto* flag = value.get_if<bool>()) return *flag ? "true" : "false";
  if (const auto* integer = value.get_if<int64_t>()) {
    return absl::StrCat(*integer);
  }
  if (const auto* real = value.get_if<double>()) return Real(*real);
  if (const auto* text = value.get_if<std::string>()) return JsonString(*text);
  if (const auto* bytes = value.get_if<Value::Bytes>()) {
    return JsonString(absl::Base64Escape(bytes->data));
  }
  if (const auto* tensor = value.get_if<at::Tensor>()) {
    return tensor->defined() ? Elements(*tensor) : "null";
  }
  if (const auto* object = value.get_if<std::shared_ptr<const ValueObject>>()) {
    return ToJson((*object)->ToValue());
  }
  std::string out;
  const char* separator = "";
  if (const auto* list = value.get_if<Value::List>()) {
    for (const Value& item : *list) {
      absl::StrAppend(&out, separator, ToJson(item));
      separator = ", ";
    }
    return absl::StrCat("[", out, "]");
  }
  if (const auto* dict = value.get_if<Dict>()) {
    for (const auto& [key, item] : *dict) {
      absl::StrAppend(&out, separator, JsonString(KeyString(key)), ": ",
                      ToJson(item));
      separator = ", ";
    }
    return absl::StrCat("{", out, "}");
  }
  return "null";
}

}  // namespace anneal
