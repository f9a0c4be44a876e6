#include "optim/eight_bit_config.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/reflection.h>

#include <limits>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace anneal {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

absl::string_view NameOf(const Message& config) {
  return absl::StripSuffix(config.GetDescriptor()->name(), "Config");
}

int BitsOf(const Message& config) {
  if (absl::EndsWith(NameOf(config), "32bit")) return 32;
  const FieldDescriptor* field =
      config.GetDescriptor()->FindFieldByName("optim_bits");
  return field ? config.GetReflection()->GetInt32(config, field) : 8;
}

}  // namespace

absl::Status CheckEightBitConfig(
    const Message& config, std::initializer_list<absl::string_view> ignored) {
  for (const absl::string_view name : ignored) {
    const FieldDescriptor* field =
        config.GetDescriptor()->FindFieldByName(std::string(name));
    const auto* reflection = config.GetReflection();
    std::string value;
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      const bool flag = reflection->GetBool(config, field);
      if (flag == field->default_value_bool()) continue;
      value = flag ? "true" : "false";
    } else {
      const double real = reflection->GetDouble(config, field);
      if (real == field->default_value_double()) continue;
      value = absl::StrCat(real);
    }
    return absl::InvalidArgumentError(absl::StrCat(
        name, " is ", value, ", which ", NameOf(config),
        " makes nothing of; leave it out, or use torch's optimizer"));
  }
  const int bits = BitsOf(config);
  if (bits == 8 || bits == 32) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("optim_bits is ", bits, "; it must be 8 or 32"));
}

int64_t Min8BitSize(const Message& config) {
  if (BitsOf(config) == 32) return std::numeric_limits<int64_t>::max();
  const FieldDescriptor* field =
      config.GetDescriptor()->FindFieldByName("min_8bit_size");
  return config.GetReflection()->GetInt64(config, field);
}

}  // namespace anneal
