#include "config/lower.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/optional.h"
#include "config/dump.h"
#include "config/options.pb.h"
#include "config/scalar.h"
#include "config/struct_component.pb.h"
#include "utils/nearest_name.h"

namespace anneal::config {
namespace {

using google::protobuf::Any;
using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::ListValue;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::Struct;

std::vector<std::string> FieldNames(const Descriptor* descriptor) {
  std::vector<std::string> names;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    names.push_back(descriptor->field(i)->name());
  }
  return names;
}

class Lowering {
 public:
  explicit Lowering(const Components& components) : components_(components) {}

  // `owner` is the name messages give to what has the fields: "SGD", or
  // "RunnerConfig".
  void Fields(const Node& node, const std::string& path,
              const std::string& owner, bool is_component, Message* out) {
    const auto* map = node.get_if<Node::Map>();
    if (map == nullptr) {
      return Fail(node.place, path,
                  absl::StrCat("expected a dict of the fields of ", owner,
                               ", found ", Shown(node)));
    }
    const Descriptor* descriptor = out->GetDescriptor();
    for (const Node::Entry& entry : *map) {
      if (is_component && entry.key == "type") continue;
      const std::string child_path = Join(path, entry.key);
      const FieldDescriptor* field = descriptor->FindFieldByName(entry.key);
      if (field == nullptr) {
        UnknownField(entry, child_path, owner, descriptor);
      } else {
        Field(entry.value, child_path, field, out);
      }
    }
    CheckRequired(node, path, owner, *out);
  }

  absl::Status status() {
    std::stable_sort(errors_.begin(), errors_.end());
    std::vector<std::string> lines;
    for (const Error& error : errors_) lines.push_back(error.text);
    if (lines.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
  }

 private:
  struct Error {
    std::string origin;
    int line;
    int column;
    std::string text;
    bool operator<(const Error& other) const {
      return std::tie(origin, line, column) <
             std::tie(other.origin, other.line, other.column);
    }
  };

  static std::string Join(const std::string& path, absl::string_view key) {
    return path.empty() ? std::string(key) : absl::StrCat(path, ".", key);
  }

  // "a string: fast", "a list: [1, 2]".
  static std::string Shown(const Node& node) {
    if (node.is_none()) return "none";
    std::string text = DumpFlow(node);
    constexpr size_t kLongest = 40;
    if (text.size() > kLongest) text = text.substr(0, kLongest) + "...";
    return absl::StrCat(node.kind(), ": ", text);
  }

  void Fail(const Place& place, const std::string& path, std::string what) {
    errors_.push_back({place.origin ? *place.origin : "", place.line,
                       place.column,
                       absl::StrCat(place.ToString(), ": ",
                                    path.empty() ? "" : path + ": ", what)});
  }

  void UnknownField(const Node::Entry& entry, const std::string& path,
                    const std::string& owner, const Descriptor* descriptor) {
    const std::vector<std::string> names = FieldNames(descriptor);
    std::string hint = DidYouMean(entry.key, names);
    if (hint.empty()) {
      hint = names.empty()
                 ? "; it has none"
                 : absl::StrCat("; it has: ", absl::StrJoin(names, ", "));
    }
    Fail(entry.place, path, absl::StrCat(owner, " has no such field", hint));
  }

  void CheckRequired(const Node& node, const std::string& path,
                     const std::string& owner, const Message& message) {
    const Descriptor* descriptor = message.GetDescriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor* field = descriptor->field(i);
      if (!field->options().GetExtension(required)) continue;
      // One that was given wrongly has its own error.
      if (const Node* given = node.Find(field->name());
          given != nullptr && !given->is_none()) {
        continue;
      }
      Fail(node.place, Join(path, field->name()),
           absl::StrCat(owner, " needs this field; add ", field->name(), ": ",
                        Example(field)));
    }
  }

  static std::string Example(const FieldDescriptor* field) {
    if (!field->options().GetExtension(component).empty()) {
      return absl::StrCat("{type: <a ",
                          field->options().GetExtension(component), ">}");
    }
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_STRING:
        return "<text>";
      case FieldDescriptor::CPPTYPE_BOOL:
        return "<true or false>";
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return "{...}";
      default:
        return "<number>";
    }
  }

  void Field(const Node& node, const std::string& path,
             const FieldDescriptor* field, Message* out) {
    if (field->is_map()) return MapField(node, path, field, out);
    if (node.is_none()) return;
    const auto* list = node.get_if<Node::List>();
    if (list == nullptr || IsListValue(field))
      return One(node, path, field, out);
    if (!field->is_repeated()) {
      return Fail(node.place, path,
                  absl::StrCat("expected one value, found ", Shown(node)));
    }
    for (size_t i = 0; i < list->size(); ++i) {
      One((*list)[i], absl::StrCat(path, ".", i), field, out);
    }
  }

  // Fields that hold lists as such.
  static bool IsListValue(const FieldDescriptor* field) {
    if (field->is_repeated() ||
        field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return false;
    }
    return field->message_type() == ListValue::descriptor() ||
           field->message_type() == google::protobuf::Value::descriptor();
  }

  void MapField(const Node& node, const std::string& path,
                const FieldDescriptor* field, Message* out) {
    if (node.is_none()) return;
    const FieldDescriptor* value_field = field->message_type()->map_value();
    const bool holds_messages =
        value_field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE;
    absl::optional<Node::Map> spelled_out;
    if (node.get_if<Node::List>() || holds_messages) {
      spelled_out = SpelledOutEntries(node);
    }
    const auto* map =
        spelled_out.has_value() ? &*spelled_out : node.get_if<Node::Map>();
    if (map == nullptr) return WrongKind(node, path, "a dict", "");
    for (const Node::Entry& entry : *map) {
      if (entry.value.is_none() && !holds_messages) continue;
      const std::string child_path = Join(path, entry.key);
      Message* item = out->GetReflection()->AddMessage(out, field);
      One(MapKey(entry, field->message_type()->map_key()), child_path,
          field->message_type()->map_key(), item);
      if (!holds_messages) {
        One(entry.value, child_path, value_field, item);
        continue;
      }
      Message* value = item->GetReflection()->MutableMessage(item, value_field);
      if (!entry.value.is_none()) {
        MessageInto(entry.value, child_path, field, value);
      }
    }
  }

  // The entries of a map as protobuf's text format spells them,
  // `field { key: "a" value { } }`, once or several times.
  static absl::optional<Node::Map> SpelledOutEntries(const Node& node) {
    Node::Map entries;
    const auto* list = node.get_if<Node::List>();
    for (size_t i = 0; i < (list ? list->size() : 1); ++i) {
      const Node& item = list ? (*list)[i] : node;
      const Node* key = item.Find("key");
      const Node* value = item.Find("value");
      const size_t num_known = (key ? 1 : 0) + (value ? 1 : 0);
      if (key == nullptr || item.get_if<Node::Map>()->size() != num_known ||
          key->get_if<Node::Map>() || key->get_if<Node::List>()) {
        return absl::nullopt;
      }
      const auto* text = key->get_if<std::string>();
      entries.push_back({text ? *text : DumpFlow(*key), key->place,
                         value ? *value : Node(Node::None(), item.place)});
    }
    return entries;
  }

  // A dict's keys are strings; a map's may be numbers too.
  static Node MapKey(const Node::Entry& entry, const FieldDescriptor* field) {
    int64_t integer;
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_STRING &&
        ParseInteger(entry.key, &integer)) {
      return Node(integer, entry.place);
    }
    return Node(entry.key, entry.place);
  }

  // Sets or, in a list, appends one value.
  void One(const Node& node, const std::string& path,
           const FieldDescriptor* field, Message* out) {
    const Reflection* reflection = out->GetReflection();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_MESSAGE:
        return MessageInto(node, path, field,
                           field->is_repeated()
                               ? reflection->AddMessage(out, field)
                               : reflection->MutableMessage(out, field));
      case FieldDescriptor::CPPTYPE_STRING:
        if (const auto* text = node.get_if<std::string>()) {
          return field->is_repeated()
                     ? reflection->AddString(out, field, *text)
                     : reflection->SetString(out, field, *text);
        }
        return WrongKind(node, path, "a string",
                         node.get_if<Node::Map>() ? "" : "put it in quotes");
      case FieldDescriptor::CPPTYPE_BOOL:
        if (const auto* flag = node.get_if<bool>()) {
          return field->is_repeated() ? reflection->AddBool(out, field, *flag)
                                      : reflection->SetBool(out, field, *flag);
        }
        return WrongKind(node, path, "true or false", "");
      case FieldDescriptor::CPPTYPE_ENUM:
        return EnumInto(node, path, field, out);
      case FieldDescriptor::CPPTYPE_DOUBLE:
      case FieldDescriptor::CPPTYPE_FLOAT:
        return RealInto(node, path, field, out);
      default:
        return IntegerInto(node, path, field, out);
    }
  }

  // google.protobuf.Struct, ListValue and Value: any dict, list and value.
  void StructInto(const Node& node, const std::string& path, Struct* out,
                  absl::string_view skipped_key = "") {
    const auto* map = node.get_if<Node::Map>();
    if (map == nullptr) return WrongKind(node, path, "a dict", "");
    for (const Node::Entry& entry : *map) {
      if (!skipped_key.empty() && entry.key == skipped_key) continue;
      ValueInto(entry.value, Join(path, entry.key),
                &(*out->mutable_fields())[entry.key]);
    }
  }

  void ListValueInto(const Node& node, const std::string& path,
                     ListValue* out) {
    const auto* list = node.get_if<Node::List>();
    if (list == nullptr) return WrongKind(node, path, "a list", "");
    for (size_t i = 0; i < list->size(); ++i) {
      ValueInto((*list)[i], absl::StrCat(path, ".", i), out->add_values());
    }
  }

  void ValueInto(const Node& node, const std::string& path,
                 google::protobuf::Value* out) {
    if (const auto* flag = node.get_if<bool>()) {
      out->set_bool_value(*flag);
    } else if (const auto* integer = node.get_if<int64_t>()) {
      constexpr int64_t kLargestExact = int64_t{1} << 53;
      if (*integer > kLargestExact || *integer < -kLargestExact) {
        Fail(node.place, path,
             absl::StrCat(*integer,
                          " is beyond 2^53, where a google.protobuf.Struct "
                          "is no longer exact; put it in quotes"));
      }
      out->set_number_value(static_cast<double>(*integer));
    } else if (const auto* real = node.get_if<double>()) {
      out->set_number_value(*real);
    } else if (const auto* text = node.get_if<std::string>()) {
      out->set_string_value(*text);
    } else if (node.get_if<Node::List>()) {
      ListValueInto(node, path, out->mutable_list_value());
    } else if (node.get_if<Node::Map>()) {
      StructInto(node, path, out->mutable_struct_value());
    } else {
      out->set_null_value(google::protobuf::NULL_VALUE);
    }
  }

  void WrongKind(const Node& node, const std::string& path,
                 absl::string_view expected, absl::string_view remedy) {
    Fail(node.place, path,
         absl::StrCat("expected ", expected, ", found ", Shown(node),
                      remedy.empty() ? "" : "; ", remedy));
  }

  void EnumInto(const Node& node, const std::string& path,
                const FieldDescriptor* field, Message* out) {
    std::vector<std::string> names;
    for (int i = 0; i < field->enum_type()->value_count(); ++i) {
      names.push_back(field->enum_type()->value(i)->name());
    }
    const auto* text = node.get_if<std::string>();
    const auto* value =
        text ? field->enum_type()->FindValueByName(*text) : nullptr;
    if (value == nullptr) {
      return WrongKind(node, path,
                       absl::StrCat("one of ", absl::StrJoin(names, ", ")), "");
    }
    const Reflection* reflection = out->GetReflection();
    field->is_repeated() ? reflection->AddEnum(out, field, value)
                         : reflection->SetEnum(out, field, value);
  }

  void RealInto(const Node& node, const std::string& path,
                const FieldDescriptor* field, Message* out) {
    double value;
    if (const auto* real = node.get_if<double>()) {
      value = *real;
    } else if (const auto* integer = node.get_if<int64_t>()) {
      value = *integer;
    } else {
      return WrongKind(node, path, "a number", "");
    }
    const Reflection* r = out->GetReflection();
    const bool repeated = field->is_repeated();
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      repeated ? r->AddDouble(out, field, value)
               : r->SetDouble(out, field, value);
    } else {
      repeated ? r->AddFloat(out, field, value)
               : r->SetFloat(out, field, value);
    }
  }

  void IntegerInto(const Node& node, const std::string& path,
                   const FieldDescriptor* field, Message* out) {
    const auto* integer = node.get_if<int64_t>();
    if (integer == nullptr) return WrongKind(node, path, "an integer", "");
    const int64_t value = *integer;
    const Reflection* r = out->GetReflection();
    const bool repeated = field->is_repeated();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_INT64:
        return repeated ? r->AddInt64(out, field, value)
                        : r->SetInt64(out, field, value);
      case FieldDescriptor::CPPTYPE_UINT64:
        if (value < 0) break;
        return repeated ? r->AddUInt64(out, field, value)
                        : r->SetUInt64(out, field, value);
      case FieldDescriptor::CPPTYPE_INT32:
        if (value != static_cast<int32_t>(value)) break;
        return repeated ? r->AddInt32(out, field, value)
                        : r->SetInt32(out, field, value);
      case FieldDescriptor::CPPTYPE_UINT32:
        if (value != static_cast<uint32_t>(value)) break;
        return repeated ? r->AddUInt32(out, field, value)
                        : r->SetUInt32(out, field, value);
      default:
        break;
    }
    Fail(node.place, path,
         absl::StrCat(value, " does not fit ", field->type_name()));
  }

  // `field` says what the message is for; of a map it is the map.
  void MessageInto(const Node& node, const std::string& path,
                   const FieldDescriptor* field, Message* out) {
    const std::string& kind = field->options().GetExtension(component);
    if (!kind.empty()) return ComponentInto(node, path, kind, field, out);
    const Descriptor* type = out->GetDescriptor();
    if (type == google::protobuf::Value::descriptor()) {
      return ValueInto(node, path, static_cast<google::protobuf::Value*>(out));
    }
    if (type == ListValue::descriptor()) {
      return ListValueInto(node, path, static_cast<ListValue*>(out));
    }
    if (type == Struct::descriptor()) {
      return StructInto(node, path, static_cast<Struct*>(out));
    }
    Fields(node, path, field->message_type()->name(), false, out);
  }

  void ComponentInto(const Node& node, const std::string& path,
                     const std::string& kind, const FieldDescriptor* field,
                     Message* out) {
    if (!node.get_if<Node::Map>()) {
      return WrongKind(node, path,
                       absl::StrCat("a dict with the type of a ", kind), "");
    }
    const Node* type = node.Find("type");
    std::string name = field->options().GetExtension(default_type);
    if (type != nullptr) {
      const auto* text = type->get_if<std::string>();
      if (text == nullptr) {
        return WrongKind(*type, Join(path, "type"), "the name of a class", "");
      }
      name = *text;
    }
    if (name.empty()) {
      return Fail(
          node.place, Join(path, "type"),
          absl::StrCat("which ", kind, "? Add type: ",
                       absl::StrJoin(components_.Names(kind), ", or ")));
    }
    const ComponentClass* found = components_.Find(kind, name);
    if (found == nullptr) {
      return Fail(type ? type->place : node.place, Join(path, "type"),
                  NotLinkedMessage(components_, kind, name));
    }
    auto* any = static_cast<Any*>(out);
    if (found->config->GetDescriptor() == Struct::descriptor()) {
      StructComponent packed;
      packed.set_type(found->ScopedName());
      StructInto(node, path, packed.mutable_fields(), "type");
      any->PackFrom(packed);
      return;
    }
    std::unique_ptr<Message> config(found->config->New());
    Fields(node, path, found->name, true, config.get());
    any->PackFrom(*config);
  }

  const Components& components_;
  std::vector<Error> errors_;
};

}  // namespace

absl::Status Lower(const Node& node, const Components& components,
                   Message* message) {
  Lowering lowering(components);
  lowering.Fields(node, "", message->GetDescriptor()->name(), false, message);
  return lowering.status();
}

}  // namespace anneal::config
