#include "config/message_to_node.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>

#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/options.pb.h"
#include "config/struct_component.pb.h"
#include "utils/status_macros.h"

namespace anneal::config {
namespace {

using google::protobuf::Any;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Struct;

Node FromValue(const google::protobuf::Value& value);

Node EmptyDict() { return Node(Node::Map(), Place()); }

Node FromStruct(const Struct& fields) {
  Node node = EmptyDict();
  for (const auto& [key, value] : fields.fields()) {
    node.Set(key, FromValue(value));
  }
  return node;
}

Node FromValue(const google::protobuf::Value& value) {
  switch (value.kind_case()) {
    case google::protobuf::Value::kBoolValue:
      return Node(value.bool_value(), Place());
    case google::protobuf::Value::kNumberValue: {
      const double number = value.number_value();
      if (number == std::trunc(number) && std::abs(number) < 0x1p53) {
        return Node(static_cast<int64_t>(number), Place());
      }
      return Node(number, Place());
    }
    case google::protobuf::Value::kStringValue:
      return Node(value.string_value(), Place());
    case google::protobuf::Value::kListValue: {
      Node::List list;
      for (const auto& item : value.list_value().values()) {
        list.push_back(FromValue(item));
      }
      return Node(std::move(list), Place());
    }
    case google::protobuf::Value::kStructValue:
      return FromStruct(value.struct_value());
    default:
      return Node(Node::None(), Place());
  }
}

class Raising {
 public:
  explicit Raising(const Components& components) : components_(components) {}

  absl::StatusOr<Node> Fields(const Message& message) const {
    Node node = EmptyDict();
    std::vector<const FieldDescriptor*> fields;
    message.GetReflection()->ListFields(message, &fields);
    for (const FieldDescriptor* field : fields) {
      ASSIGN_OR_RETURN(Node child, Field(message, field));
      node.Set(field->name(), std::move(child));
    }
    return node;
  }

 private:
  absl::StatusOr<Node> Field(const Message& message,
                             const FieldDescriptor* field) const {
    if (!field->is_repeated()) return One(message, field, -1);
    const int size = message.GetReflection()->FieldSize(message, field);
    if (field->is_map()) {
      Node node = EmptyDict();
      for (int i = 0; i < size; ++i) {
        const Message& entry =
            message.GetReflection()->GetRepeatedMessage(message, field, i);
        const std::string key = entry.GetReflection()->GetString(
            entry, field->message_type()->FindFieldByNumber(1));
        ASSIGN_OR_RETURN(
            Node child,
            One(entry, field->message_type()->FindFieldByNumber(2), -1));
        node.Set(key, std::move(child));
      }
      return node;
    }
    Node::List list;
    for (int i = 0; i < size; ++i) {
      ASSIGN_OR_RETURN(list.emplace_back(), One(message, field, i));
    }
    return Node(std::move(list), Place());
  }

  // The value, or with index >= 0 the list's element.
  absl::StatusOr<Node> One(const Message& message, const FieldDescriptor* field,
                           int index) const {
    const auto* r = message.GetReflection();
    const bool in_list = index >= 0;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return Node(in_list ? r->GetRepeatedString(message, field, index)
                            : r->GetString(message, field),
                    Place());
      case FieldDescriptor::CPPTYPE_BOOL:
        return Node(in_list ? r->GetRepeatedBool(message, field, index)
                            : r->GetBool(message, field),
                    Place());
      case FieldDescriptor::CPPTYPE_ENUM:
        return Node((in_list ? r->GetRepeatedEnum(message, field, index)
                             : r->GetEnum(message, field))
                        ->name(),
                    Place());
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Node(in_list ? r->GetRepeatedDouble(message, field, index)
                            : r->GetDouble(message, field),
                    Place());
      case FieldDescriptor::CPPTYPE_FLOAT:
        return Node(double{in_list ? r->GetRepeatedFloat(message, field, index)
                                   : r->GetFloat(message, field)},
                    Place());
      case FieldDescriptor::CPPTYPE_INT32:
        return Node(int64_t{in_list ? r->GetRepeatedInt32(message, field, index)
                                    : r->GetInt32(message, field)},
                    Place());
      case FieldDescriptor::CPPTYPE_UINT32:
        return Node(
            int64_t{in_list ? r->GetRepeatedUInt32(message, field, index)
                            : r->GetUInt32(message, field)},
            Place());
      case FieldDescriptor::CPPTYPE_INT64:
        return Node(in_list ? r->GetRepeatedInt64(message, field, index)
                            : r->GetInt64(message, field),
                    Place());
      case FieldDescriptor::CPPTYPE_UINT64:
        return Node(static_cast<int64_t>(
                        in_list ? r->GetRepeatedUInt64(message, field, index)
                                : r->GetUInt64(message, field)),
                    Place());
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return FromMessage(in_list
                               ? r->GetRepeatedMessage(message, field, index)
                               : r->GetMessage(message, field));
    }
    return Node();
  }

  absl::StatusOr<Node> FromMessage(const Message& message) const {
    const auto* type = message.GetDescriptor();
    if (type == Struct::descriptor()) {
      return FromStruct(static_cast<const Struct&>(message));
    }
    if (type == google::protobuf::Value::descriptor()) {
      return FromValue(static_cast<const google::protobuf::Value&>(message));
    }
    if (type == Any::descriptor()) {
      return Component(static_cast<const Any&>(message));
    }
    return Fields(message);
  }

  absl::StatusOr<Node> Component(const Any& any) const {
    if (any.type_url().empty()) return Node(Node::None(), Place());
    StructComponent packed;
    Node fields;
    std::string name;
    if (any.UnpackTo(&packed)) {
      name = packed.type();
      fields = FromStruct(packed.fields());
    } else {
      const std::string& url = any.type_url();
      const ComponentClass* found =
          components_.FindByMessage(url.substr(url.rfind('/') + 1));
      if (found == nullptr) {
        return absl::NotFoundError(
            absl::StrCat("no class with config ", url, " is linked"));
      }
      name = found->name;
      std::unique_ptr<Message> config(found->config->New());
      any.UnpackTo(config.get());
      ASSIGN_OR_RETURN(fields, Fields(*config));
    }
    Node node = EmptyDict();
    node.Set("type", Node(name, Place()));
    for (auto& entry : *fields.get_if<Node::Map>()) {
      node.Set(entry.key, std::move(entry.value));
    }
    return node;
  }

  const Components& components_;
};

}  // namespace

absl::StatusOr<Node> MessageToNode(const Message& message,
                                   const Components& components) {
  return Raising(components).Fields(message);
}

}  // namespace anneal::config
