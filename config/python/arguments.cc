#include "config/python/arguments.h"

#include "absl/strings/str_cat.h"

namespace anneal::config::python {

absl::Status CheckArguments(const Call& call, absl::string_view function,
                            size_t min, size_t max) {
  const size_t count = call.arguments.size();
  if (!call.keywords.empty()) {
    return CallError(
        call, function,
        absl::StrCat("no argument is called \"", call.keywords[0].name, "\""));
  }
  if (count >= min && count <= max) return absl::OkStatus();
  const std::string range =
      min == max ? absl::StrCat(min)
                 : absl::StrCat("at least ", min, " and at most ", max);
  return CallError(call, function,
                   absl::StrCat(count, " arguments; it takes ", range));
}

Value Argument(const Call& call, size_t i, absl::string_view name,
               Value otherwise) {
  if (i < call.arguments.size()) return call.arguments[i];
  for (const Call::Keyword& keyword : call.keywords) {
    if (keyword.name == name) return keyword.value;
  }
  return otherwise;
}

absl::StatusOr<std::string> TextArgument(const Call& call,
                                         absl::string_view function, size_t i) {
  const std::string* text =
      i < call.arguments.size() ? TextOf(call.arguments[i]) : nullptr;
  if (text != nullptr) return *text;
  return CallError(
      call, function,
      i < call.arguments.size()
          ? absl::StrCat("it takes a str, not a ", TypeName(call.arguments[i]))
          : "it takes a str");
}

absl::Status CallError(const Call& call, absl::string_view function,
                       absl::string_view message) {
  return call.heap->Error(call.mark, absl::StrCat(function, "(): ", message));
}

}  // namespace anneal::config::python
