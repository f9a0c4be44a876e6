#include "hooks/priority.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <cmath>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/struct_component.pb.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

namespace pb = ::google::protobuf;

constexpr std::pair<const char*, int> kNames[] = {
    {"HIGHEST", kHighest}, {"VERY_HIGH", kVeryHigh},
    {"HIGH", kHigh},       {"ABOVE_NORMAL", kAboveNormal},
    {"NORMAL", kNormal},   {"BELOW_NORMAL", kBelowNormal},
    {"LOW", kLow},         {"VERY_LOW", kVeryLow},
    {"LOWEST", kLowest},
};

// The field `priority` of a class with a config message of its own.
absl::optional<pb::Value> TypedPriority(const pb::Any& config) {
  const std::string& url = config.type_url();
  const pb::Descriptor* type =
      pb::DescriptorPool::generated_pool()->FindMessageTypeByName(
          url.substr(url.rfind('/') + 1));
  const pb::FieldDescriptor* field =
      type == nullptr ? nullptr : type->FindFieldByName("priority");
  if (field == nullptr || field->message_type() != pb::Value::descriptor()) {
    return absl::nullopt;
  }
  const std::unique_ptr<pb::Message> message(
      pb::MessageFactory::generated_factory()->GetPrototype(type)->New());
  const pb::Reflection& reflection = *message->GetReflection();
  // What does not parse is for the registry to report.
  if (!config.UnpackTo(message.get()) ||
      !reflection.HasField(*message, field)) {
    return absl::nullopt;
  }
  pb::Value priority;
  priority.CopyFrom(reflection.GetMessage(*message, field));
  return priority;
}

// That of a class that takes any fields.
absl::optional<pb::Value> StructPriority(const StructComponent& component) {
  const auto& fields = component.fields().fields();
  const auto it = fields.find("priority");
  if (it == fields.end()) return absl::nullopt;
  return it->second;
}

}  // namespace

std::string PriorityName(int priority) {
  for (const auto& [name, level] : kNames) {
    if (level == priority) return name;
  }
  return absl::StrCat(priority);
}

absl::StatusOr<int> ParsePriority(const pb::Value& priority) {
  if (priority.has_number_value()) {
    const double number = priority.number_value();
    if (number >= 0 && number <= 100 && number == std::trunc(number)) {
      return static_cast<int>(number);
    }
  } else if (priority.has_string_value()) {
    const std::string upper = absl::AsciiStrToUpper(priority.string_value());
    for (const auto& [name, level] : kNames) {
      if (upper == name) return level;
    }
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "priority is ", priority.ShortDebugString(),
      "; it must be a whole number from 0 to 100 or one of ",
      absl::StrJoin(kNames, ", ", [](std::string* out, const auto& item) {
        absl::StrAppend(out, item.first);
      })));
}

absl::StatusOr<absl::optional<int>> ConfiguredPriority(const pb::Any& config) {
  StructComponent component;
  const absl::optional<pb::Value> priority =
      config.Is<StructComponent>() && config.UnpackTo(&component)
          ? StructPriority(component)
          : TypedPriority(config);
  if (!priority) return absl::nullopt;
  ASSIGN_OR_RETURN(const int level, ParsePriority(*priority));
  return level;
}

}  // namespace anneal
