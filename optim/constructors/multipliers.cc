#include "optim/constructors/multipliers.h"

#include <google/protobuf/descriptor.h>

#include <cmath>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::vector<const FieldDescriptor*> DoublesOf(const Message& config) {
  std::vector<const FieldDescriptor*> set, doubles;
  config.GetReflection()->ListFields(config, &set);
  for (const FieldDescriptor* field : set) {
    if (!field->is_repeated() &&
        field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      doubles.push_back(field);
    }
  }
  return doubles;
}

}  // namespace

absl::Status CheckMultipliers(const Message& config) {
  for (const FieldDescriptor* field : DoublesOf(config)) {
    const double value = config.GetReflection()->GetDouble(config, field);
    if (value >= 0 && std::isfinite(value)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("optim_wrapper.paramwise_cfg.", field->name(), " is ",
                     value, "; it must be finite and not negative"));
  }
  return absl::OkStatus();
}

absl::Status CheckMultiplied(const Message& config, const BaseSettings& base) {
  for (const FieldDescriptor* field : DoublesOf(config)) {
    if (absl::EndsWith(field->name(), "lr_mult")) {
      RETURN_IF_ERROR(CheckMultiplies(field->name(), "lr", base.lr, base));
    }
    if (absl::EndsWith(field->name(), "decay_mult")) {
      RETURN_IF_ERROR(CheckMultiplies(field->name(), "weight_decay",
                                      base.weight_decay, base));
    }
  }
  return absl::OkStatus();
}

}  // namespace anneal
