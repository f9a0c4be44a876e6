#include "optim/options.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/reflection.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

Value OptionOf(const Message& config, const FieldDescriptor* field) {
  const google::protobuf::Reflection* reflection = config.GetReflection();
  if (field->is_repeated()) {
    const auto& reals = reflection->GetRepeatedFieldRef<double>(config, field);
    Value::List list;
    for (const double real : reals) list.push_back(real);
    return list;
  }
  if (!field->has_default_value() && !reflection->HasField(config, field)) {
    return Value();
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(config, field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->GetInt64(config, field);
    case FieldDescriptor::CPPTYPE_STRING:
      return reflection->GetString(config, field);
    default:
      return reflection->GetDouble(config, field);
  }
}

absl::StatusOr<double> RealOption(const Dict& options, absl::string_view name) {
  ASSIGN_OR_RETURN(const Value* value, Require(options, name, "optimizer"));
  return value->AsReal(name);
}

absl::StatusOr<std::vector<double>> RealsOption(const Dict& options,
                                                absl::string_view name,
                                                int count) {
  ASSIGN_OR_RETURN(const Value* value, Require(options, name, "optimizer"));
  ASSIGN_OR_RETURN(const Value::List* list, value->AsList(name));
  if (static_cast<int>(list->size()) != count) {
    return absl::InvalidArgumentError(absl::StrCat(
        name, " has ", list->size(), " numbers; it must have ", count));
  }
  std::vector<double> reals;
  for (const Value& one : *list) {
    ASSIGN_OR_RETURN(reals.emplace_back(), one.AsReal(name));
  }
  return reals;
}

}  // namespace

Dict OptionsOf(const Message& config,
               absl::Span<const absl::string_view> left_out) {
  Dict options;
  const google::protobuf::Descriptor* descriptor = config.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    if (absl::c_linear_search(left_out, field->name())) continue;
    options[field->name()] = OptionOf(config, field);
  }
  return options;
}

absl::Status CheckNotNegative(const Dict& options, absl::string_view name) {
  ASSIGN_OR_RETURN(const double real, RealOption(options, name));
  if (real >= 0 && std::isfinite(real)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", real, "; it must be finite and not negative"));
}

absl::Status CheckNotNegative(const Dict& options,
                              std::initializer_list<absl::string_view> names) {
  for (const absl::string_view name : names) {
    RETURN_IF_ERROR(CheckNotNegative(options, name));
  }
  return absl::OkStatus();
}

absl::Status CheckPositive(const Dict& options, absl::string_view name) {
  ASSIGN_OR_RETURN(const double real, RealOption(options, name));
  if (real > 0 && std::isfinite(real)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", real, "; it must be finite and above 0"));
}

absl::Status CheckFraction(const Dict& options, absl::string_view name) {
  ASSIGN_OR_RETURN(const double real, RealOption(options, name));
  if (real >= 0 && real < 1) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", real, "; it must be in [0, 1)"));
}

absl::Status CheckFinite(const Dict& options, absl::string_view name) {
  ASSIGN_OR_RETURN(const double real, RealOption(options, name));
  if (std::isfinite(real)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(name, " is ", real, "; it must be finite"));
}

absl::Status CheckReals(const Dict& options, absl::string_view name,
                        int count) {
  ASSIGN_OR_RETURN(const std::vector<double> reals,
                   RealsOption(options, name, count));
  for (const double real : reals) {
    if (std::isfinite(real)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(name, " has ", real, "; each must be finite"));
  }
  return absl::OkStatus();
}

absl::Status CheckBetas(const Dict& options, int count) {
  ASSIGN_OR_RETURN(const std::vector<double> betas,
                   RealsOption(options, "betas", count));
  for (const double beta : betas) {
    if (beta >= 0 && beta < 1) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("betas has ", beta, "; each must be in [0, 1)"));
  }
  return absl::OkStatus();
}

}  // namespace anneal
