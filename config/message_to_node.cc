#include "config/message_to_node.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "config/options.pb.h"
#include "config/struct_component.pb.h"
#include "config/struct_node.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

using google::protobuf::Any;
using google::protobuf::FieldDescriptor;
using google::protobuf::ListValue;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Struct;

template <typename T>
Node Scalar(T value) {
  return Node(std::move(value), Place());
}

Node EmptyDict() { return Scalar(Node::Map()); }

void SortByKey(Node* dict) {
  auto& map = *dict->get_if<Node::Map>();
  std::sort(map.begin(), map.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
}

// The double that is written as the float is: 0.1 for 0.1f.
double Widened(float value) {
  double wide = value;
  for (int digits = 1; digits <= 9 && std::isfinite(value); ++digits) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.*g", digits, wide);
    double candidate;
    if (absl::SimpleAtod(text, &candidate) &&
        static_cast<float>(candidate) == value) {
      return candidate;
    }
  }
  return wide;
}

// One value of a field: the field itself, or an element of its list.
class FieldValue {
 public:
  // `index`: -1 for a field that is no list.
  FieldValue(const Message& message, const FieldDescriptor* field, int index)
      : message_(message), field_(field), index_(index) {}

  // Not for messages.
  absl::StatusOr<Node> ToScalar() const {
    switch (field_->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return Scalar(
            Get(&Reflection::GetString, &Reflection::GetRepeatedString));
      case FieldDescriptor::CPPTYPE_BOOL:
        return Scalar(Get(&Reflection::GetBool, &Reflection::GetRepeatedBool));
      case FieldDescriptor::CPPTYPE_ENUM:
        return Scalar(
            Get(&Reflection::GetEnum, &Reflection::GetRepeatedEnum)->name());
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Scalar(
            Get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble));
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Scalar(
            Widened(Get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat)));
      case FieldDescriptor::CPPTYPE_INT32:
        return Scalar(
            int64_t{Get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32)});
      case FieldDescriptor::CPPTYPE_UINT32:
        return Scalar(int64_t{
            Get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32)});
      case FieldDescriptor::CPPTYPE_INT64:
        return Scalar(
            Get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64));
      default:
        return FromUnsigned(
            Get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64));
    }
  }

  const Message& ToMessage() const {
    const Reflection* reflection = message_.GetReflection();
    return index_ < 0
               ? reflection->GetMessage(message_, field_)
               : reflection->GetRepeatedMessage(message_, field_, index_);
  }

 private:
  template <typename T>
  T Get(T (Reflection::*get)(const Message&, const FieldDescriptor*) const,
        T (Reflection::*get_repeated)(const Message&, const FieldDescriptor*,
                                      int) const) const {
    const Reflection* reflection = message_.GetReflection();
    return index_ < 0 ? (reflection->*get)(message_, field_)
                      : (reflection->*get_repeated)(message_, field_, index_);
  }

  absl::StatusOr<Node> FromUnsigned(uint64_t value) const {
    if (value > uint64_t{std::numeric_limits<int64_t>::max()}) {
      return absl::OutOfRangeError(absl::StrCat(
          field_->full_name(), ": ", value, " is more than a config can hold"));
    }
    return Scalar(static_cast<int64_t>(value));
  }

  const Message& message_;
  const FieldDescriptor* field_;
  int index_;
};

class Raising {
 public:
  Raising(const Components& components, ShowFields show)
      : components_(components), show_(show) {}

  absl::StatusOr<Node> Fields(const Message& message) const {
    Node node = EmptyDict();
    const Reflection* reflection = message.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection->ListFields(message, &fields);
    if (show_ == ShowFields::kSetAndDefaults) {
      for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
        const FieldDescriptor* field = message.GetDescriptor()->field(i);
        if (field->has_default_value() &&
            !reflection->HasField(message, field)) {
          fields.push_back(field);
        }
      }
      std::sort(fields.begin(), fields.end(), [](const auto* a, const auto* b) {
        return a->number() < b->number();
      });
    }
    for (const FieldDescriptor* field : fields) {
      ASSIGN_OR_RETURN(Node child, Field(message, field));
      node.Set(field->name(), std::move(child));
    }
    return node;
  }

 private:
  absl::StatusOr<Node> Field(const Message& message,
                             const FieldDescriptor* field) const {
    const std::string& kind = field->options().GetExtension(component);
    if (!field->is_repeated()) return One({message, field, -1}, field, kind);
    if (field->is_map()) return MapField(message, field, kind);
    Node::List list;
    const int size = message.GetReflection()->FieldSize(message, field);
    for (int i = 0; i < size; ++i) {
      ASSIGN_OR_RETURN(list.emplace_back(),
                       One({message, field, i}, field, kind));
    }
    return Scalar(std::move(list));
  }

  absl::StatusOr<Node> MapField(const Message& message,
                                const FieldDescriptor* field,
                                const std::string& kind) const {
    Node node = EmptyDict();
    const FieldDescriptor* key_field = field->message_type()->map_key();
    const FieldDescriptor* value_field = field->message_type()->map_value();
    const int size = message.GetReflection()->FieldSize(message, field);
    for (int i = 0; i < size; ++i) {
      const Message& entry =
          message.GetReflection()->GetRepeatedMessage(message, field, i);
      ASSIGN_OR_RETURN(const Node key,
                       FieldValue(entry, key_field, -1).ToScalar());
      ASSIGN_OR_RETURN(Node child,
                       One({entry, value_field, -1}, value_field, kind));
      node.get_if<Node::Map>()->push_back(
          {KeyText(key), Place(), std::move(child)});
    }
    SortByKey(&node);
    return node;
  }

  static std::string KeyText(const Node& key) {
    if (const auto* text = key.get_if<std::string>()) return *text;
    if (const auto* flag = key.get_if<bool>()) return *flag ? "true" : "false";
    return absl::StrCat(*key.get_if<int64_t>());
  }

  absl::StatusOr<Node> One(const FieldValue& value,
                           const FieldDescriptor* field,
                           const std::string& kind) const {
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return value.ToScalar();
    }
    const Message& message = value.ToMessage();
    const auto* type = message.GetDescriptor();
    if (type == Struct::descriptor()) {
      return StructToNode(static_cast<const Struct&>(message));
    }
    if (type == ListValue::descriptor()) {
      return ListValueToNode(static_cast<const ListValue&>(message));
    }
    if (type == google::protobuf::Value::descriptor()) {
      return ValueToNode(static_cast<const google::protobuf::Value&>(message));
    }
    if (type == Any::descriptor()) {
      return Component(static_cast<const Any&>(message), kind);
    }
    return Fields(message);
  }

  static absl::Status NotSerialized(const std::string& name) {
    return absl::InvalidArgumentError(absl::StrCat("not a serialized ", name));
  }

  absl::StatusOr<Node> Component(const Any& any,
                                 const std::string& kind) const {
    const std::string& url = any.type_url();
    if (url.empty()) return Scalar(Node::None());
    std::string name = url.substr(url.rfind('/') + 1);
    StructComponent packed;
    const bool is_struct = any.Is<StructComponent>();
    if (is_struct && !any.UnpackTo(&packed)) return NotSerialized(name);
    if (is_struct) name = packed.type();
    const ComponentClass* found = kind.empty() ? components_.FindByMessage(name)
                                               : components_.Find(kind, name);
    if (found == nullptr) {
      return absl::NotFoundError(NotLinkedMessage(
          components_, kind.empty() ? "component" : kind, name));
    }
    const bool name_finds_it =
        !kind.empty() && components_.Find(kind, found->name) == found;
    Node fields;
    if (is_struct) {
      fields = StructToNode(packed.fields());
    } else {
      std::unique_ptr<Message> config(found->config->New());
      if (!any.UnpackTo(config.get())) {
        return NotSerialized(name);
      }
      ASSIGN_OR_RETURN(fields, Fields(*config));
    }
    Node node = EmptyDict();
    node.Set("type", Scalar(name_finds_it ? found->name : found->ScopedName()));
    for (auto& entry : *fields.get_if<Node::Map>()) {
      node.Set(entry.key, std::move(entry.value));
    }
    return node;
  }

  const Components& components_;
  ShowFields show_;
};

}  // namespace

absl::StatusOr<Node> MessageToNode(const Message& message,
                                   const Components& components,
                                   ShowFields show) {
  return Raising(components, show).Fields(message);
}

}  // namespace anneal::config
