#include "config/python/arguments.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal::config::python {

absl::Status CheckArguments(const Call& call, size_t min, size_t max) {
  const size_t count = call.arguments.size();
  RETURN_IF_ERROR(CheckKeywords(call, SIZE_MAX, {}));
  if (count >= min && count <= max) return absl::OkStatus();
  const std::string range =
      min == max ? absl::StrCat(min)
                 : absl::StrCat("at least ", min, " and at most ", max);
  return CallError(call, absl::StrCat(count, " arguments; it takes ", range));
}

absl::Status CheckKeywords(const Call& call, size_t max,
                           std::initializer_list<absl::string_view> names) {
  for (const Call::Keyword& keyword : call.keywords) {
    const auto name = std::find(names.begin(), names.end(), keyword.name);
    if (name == names.end()) {
      return CallError(
          call, absl::StrCat("no argument is called \"", keyword.name, "\""));
    }
  }
  if (call.arguments.size() <= max) return absl::OkStatus();
  return CallError(call, absl::StrCat(call.arguments.size(),
                                      " arguments; it takes at most ", max));
}

Value Argument(const Call& call, size_t i, absl::string_view name,
               Value otherwise) {
  if (i < call.arguments.size()) return call.arguments[i];
  for (const Call::Keyword& keyword : call.keywords) {
    if (keyword.name == name) return keyword.value;
  }
  return otherwise;
}

absl::StatusOr<std::string> TextArgument(const Call& call, size_t i) {
  const std::string* text =
      i < call.arguments.size() ? TextOf(call.arguments[i]) : nullptr;
  if (text != nullptr) {
    call.heap->SpendBytes(text->size());
    return *text;
  }
  return CallError(call, i < call.arguments.size()
                             ? absl::StrCat("it takes a str, not a ",
                                            TypeName(call.arguments[i]))
                             : "it takes a str");
}

absl::Status CallError(const Call& call, absl::string_view message) {
  return call.heap->Error(call.mark, absl::StrCat(call.name, "(): ", message));
}

}  // namespace anneal::config::python
