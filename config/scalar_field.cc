#include "config/scalar_field.h"

#include <google/protobuf/descriptor.h>

#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "config/dump.h"

namespace anneal::config {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The field of a message that takes values of one C++ type.
class Target {
 public:
  Target(const FieldDescriptor* field, Message* message)
      : field_(field), message_(message) {}

  template <typename Value, typename Method>
  absl::Status Put(const Value& value, Method set, Method add) const {
    const Reflection* reflection = message_->GetReflection();
    (reflection->*(field_->is_repeated() ? add : set))(message_, field_, value);
    return absl::OkStatus();
  }

 private:
  const FieldDescriptor* field_;
  Message* message_;
};

absl::Status DoesNotFit(absl::string_view value, const FieldDescriptor* field) {
  return absl::InvalidArgumentError(
      absl::StrCat(value, " does not fit ", field->type_name()));
}

absl::Status SetEnum(const Node& node, const FieldDescriptor* field,
                     const Target& target) {
  const auto* word = node.get_if<std::string>();
  const auto* value =
      word ? field->enum_type()->FindValueByName(*word) : nullptr;
  if (value != nullptr) {
    return target.Put(value, &Reflection::SetEnum, &Reflection::AddEnum);
  }
  std::vector<std::string> words;
  for (int i = 0; i < field->enum_type()->value_count(); ++i) {
    words.push_back(field->enum_type()->value(i)->name());
  }
  return WrongKindError(node,
                        absl::StrCat("one of ", absl::StrJoin(words, ", ")));
}

absl::Status SetReal(const Node& node, const FieldDescriptor* field,
                     const Target& target) {
  double value;
  if (const auto* real = node.get_if<double>()) {
    value = *real;
  } else if (const auto* integer = node.get_if<int64_t>()) {
    value = static_cast<double>(*integer);
  } else {
    return WrongKindError(node, "a number");
  }
  if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
    return target.Put(value, &Reflection::SetDouble, &Reflection::AddDouble);
  }
  const auto single = static_cast<float>(value);
  if (std::isinf(single) && std::isfinite(value)) {
    return DoesNotFit(DumpFlow(node), field);
  }
  return target.Put(single, &Reflection::SetFloat, &Reflection::AddFloat);
}

absl::Status SetInteger(const Node& node, const FieldDescriptor* field,
                        const Target& target) {
  const auto* integer = node.get_if<int64_t>();
  if (integer == nullptr) return WrongKindError(node, "an integer");
  const int64_t value = *integer;
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT64:
      return target.Put(value, &Reflection::SetInt64, &Reflection::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT64:
      if (value < 0) break;
      return target.Put(static_cast<uint64_t>(value), &Reflection::SetUInt64,
                        &Reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_INT32:
      if (value != static_cast<int32_t>(value)) break;
      return target.Put(static_cast<int32_t>(value), &Reflection::SetInt32,
                        &Reflection::AddInt32);
    default:
      if (value != static_cast<uint32_t>(value)) break;
      return target.Put(static_cast<uint32_t>(value), &Reflection::SetUInt32,
                        &Reflection::AddUInt32);
  }
  return DoesNotFit(absl::StrCat(value), field);
}

}  // namespace

absl::Status SetScalarField(const Node& node, const FieldDescriptor* field,
                            Message* message) {
  const Target target(field, message);
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_STRING:
      if (const auto* text = node.get_if<std::string>()) {
        // By value: Reflection takes strings so.
        return target.Put(*text, &Reflection::SetString,
                          &Reflection::AddString);
      }
      return WrongKindError(
          node, "a string",
          node.get_if<Node::Map>() || node.is_none() ? "" : "put it in quotes");
    case FieldDescriptor::CPPTYPE_BOOL:
      if (const auto* flag = node.get_if<bool>()) {
        return target.Put(*flag, &Reflection::SetBool, &Reflection::AddBool);
      }
      return WrongKindError(node, "true or false");
    case FieldDescriptor::CPPTYPE_ENUM:
      return SetEnum(node, field, target);
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return SetReal(node, field, target);
    default:
      return SetInteger(node, field, target);
  }
}

absl::Status WrongKindError(const Node& node, absl::string_view expected,
                            absl::string_view remedy) {
  return absl::InvalidArgumentError(
      absl::StrCat("expected ", expected, ", found ", Described(node),
                   remedy.empty() ? "" : "; ", remedy));
}

}  // namespace anneal::config
