#include "config/lower.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/types/optional.h"
#include "config/dump.h"
#include "config/options.pb.h"
#include "config/scalar.h"
#include "config/scalar_field.h"
#include "config/struct_component.pb.h"
#include "config/struct_node.h"
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
using google::protobuf::Value;

// What a component's dict has besides its fields.
constexpr char kType[] = "type";
constexpr char kScope[] = "_scope_";

std::vector<std::string> KeysOf(const Descriptor* descriptor) {
  std::vector<std::string> names;
  for (int i = 0; i < descriptor->field_count(); ++i) {
    names.push_back(descriptor->field(i)->name());
    const auto& options = descriptor->field(i)->options();
    if (options.HasExtension(type_key)) {
      names.push_back(options.GetExtension(type_key));
    }
  }
  return names;
}

class Lowering {
 public:
  explicit Lowering(const Components& components) : components_(components) {}

  // `owner` is the name messages give to what has the fields: "SGD", or
  // "RunnerConfig".
  // `kind`: the component's, or "" where it is none.
  void Fields(const Node& node, const std::string& path,
              const std::string& owner, const std::string& kind, Message* out) {
    const auto* map = node.get_if<Node::Map>();
    if (map == nullptr) {
      return Fail(node.place, path,
                  absl::StrCat("expected a dict of the fields of ", owner,
                               ", found ", Described(node)));
    }
    const Descriptor* descriptor = out->GetDescriptor();
    for (const Node::Entry& entry : *map) {
      if (!kind.empty() && (entry.key == kType || entry.key == kScope)) {
        continue;
      }
      const std::string child_path = Join(path, entry.key);
      const FieldDescriptor* field = descriptor->FindFieldByName(entry.key);
      if (const FieldDescriptor* typed = TypedBy(entry.key, descriptor)) {
        TypeKey(node, entry, path, typed, out);
      } else if (field == nullptr) {
        if (path.empty() && IsVariable(entry, descriptor)) continue;
        UnknownField(entry, child_path, owner, kind, descriptor);
      } else if (const FieldDescriptor* lists = ByName(entry.value, field)) {
        ListsByName(entry.value, child_path, lists, out);
      } else if (!IsTypedBeside(node, field)) {
        Field(entry.value, child_path, field, out);
      }
    }
    CheckRequired(node, path, owner, *out);
  }

  // `fallback`: the class where the dict names none, or "".
  void ComponentInto(const Node& node, const std::string& path,
                     const std::string& kind, const std::string& fallback,
                     Any* out) {
    if (!node.get_if<Node::Map>()) {
      const auto* word = node.get_if<std::string>();
      return WrongKind(node, path,
                       absl::StrCat("a dict with the type of the ", kind),
                       word ? absl::StrCat("write {type: ", *word, "}") : "");
    }
    const Node* scope = node.Find(kScope);
    if (scope == nullptr || scope->is_none()) {
      return ClassInto(node, path, kind, fallback, out);
    }
    const auto* scope_name = scope->get_if<std::string>();
    if (scope_name == nullptr) {
      return WrongKind(*scope, Join(path, kScope), "the name of a scope");
    }
    const std::string outer = std::exchange(scope_, *scope_name);
    ClassInto(node, path, kind, fallback, out);
    scope_ = outer;
  }

  absl::Status status() {
    std::stable_sort(errors_.begin(), errors_.end());
    std::vector<std::string> lines;
    // Long ones, and no less true the first time.
    std::set<std::string> told;
    for (const Error& error : errors_) {
      lines.push_back(error.text);
      if (told.insert(error.names).second) lines.back() += error.names;
    }
    if (lines.empty()) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
  }

 private:
  struct Error {
    std::string origin;
    int line;
    int column;
    std::string text;
    std::string names;  // what there is, behind the text
    bool operator<(const Error& other) const {
      return std::tie(origin, line, column) <
             std::tie(other.origin, other.line, other.column);
    }
  };

  static std::string Join(const std::string& path, absl::string_view key) {
    return path.empty() ? std::string(key) : absl::StrCat(path, ".", key);
  }

  void Fail(const Place& place, const std::string& path, absl::string_view what,
            std::string names = "") {
    errors_.push_back({place.origin ? *place.origin : "", place.line,
                       place.column,
                       absl::StrCat(place.ToString(), ": ",
                                    path.empty() ? "" : path + ": ", what),
                       std::move(names)});
  }

  void FailUnlessOk(const Node& node, const std::string& path,
                    const absl::Status& status) {
    if (!status.ok()) Fail(node.place, path, std::string(status.message()));
  }

  void WrongKind(const Node& node, const std::string& path,
                 absl::string_view expected, absl::string_view remedy = "") {
    FailUnlessOk(node, path, WrongKindError(node, expected, remedy));
  }

  // Whether a top-level name of a `.py` file is a variable that the file made
  // for its own use rather than a field's name with a typo.
  static bool IsVariable(const Node::Entry& entry,
                         const Descriptor* descriptor) {
    return entry.place.origin != nullptr &&
           absl::EndsWith(*entry.place.origin, ".py") &&
           DidYouMean(entry.key, KeysOf(descriptor)).empty();
  }

  void UnknownField(const Node::Entry& entry, const std::string& path,
                    const std::string& owner, const std::string& kind,
                    const Descriptor* descriptor) {
    const std::vector<std::string> names = KeysOf(descriptor);
    const std::string what =
        absl::StrCat(owner, " has no such field", DidYouMean(entry.key, names),
                     FoundElsewhere(kind, entry.key));
    const bool has_hint = !absl::EndsWith(what, "field");
    Fail(entry.place, path, what,
         has_hint ? ""
         : names.empty()
             ? "; it has none"
             : absl::StrCat("; it has: ", absl::StrJoin(names, ", ")));
  }

  // The class of `kind` that has such a field, if it is only one.
  std::string FoundElsewhere(const std::string& kind, const std::string& key) {
    std::string owner;
    for (const std::string& name : components_.Names(kind)) {
      const ComponentClass* found = components_.Find(kind, name);
      if (found == nullptr ||
          found->config->GetDescriptor()->FindFieldByName(key) == nullptr) {
        continue;
      }
      if (!owner.empty()) return "";
      owner = name;
    }
    return owner.empty()
               ? ""
               : absl::StrCat("; ", owner, " has it: write type: ", owner);
  }

  // The field whose class the key names, or null.
  static const FieldDescriptor* TypedBy(const std::string& key,
                                        const Descriptor* descriptor) {
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor* field = descriptor->field(i);
      const std::string& name = field->options().GetExtension(type_key);
      if (!name.empty() && name == key) return field;
    }
    return nullptr;
  }

  // Whether the dict `node` has the key that names the class of `field`.
  static bool IsTypedBeside(const Node& node, const FieldDescriptor* field) {
    const std::string& key = field->options().GetExtension(type_key);
    const Node* type = key.empty() ? nullptr : node.Find(key);
    return type != nullptr && !type->is_none();
  }

  // `entry` of `node` names the class of `field`, whose dict may be in `node`.
  void TypeKey(const Node& node, const Node::Entry& entry,
               const std::string& path, const FieldDescriptor* field,
               Message* out) {
    if (entry.value.is_none()) return;
    if (!entry.value.get_if<std::string>()) {
      return WrongKind(entry.value, Join(path, entry.key),
                       "the name of a class");
    }
    const Node* given = node.Find(field->name());
    const bool has_fields = given != nullptr && !given->is_none();
    Node component = has_fields ? *given : Node(Node::Map(), entry.place);
    if (component.Find("type")) {
      return Fail(entry.place, Join(path, entry.key),
                  absl::StrCat(field->name(),
                               ".type names the class too; "
                               "remove one of them"));
    }
    if (component.get_if<Node::Map>()) component.Set("type", entry.value);
    Field(component, Join(path, field->name()), field, out);
  }

  void CheckRequired(const Node& node, const std::string& path,
                     const std::string& owner, const Message& message) {
    const Descriptor* descriptor = message.GetDescriptor();
    for (int i = 0; i < descriptor->field_count(); ++i) {
      const FieldDescriptor* field = descriptor->field(i);
      if (!field->options().GetExtension(required)) continue;
      // One that was given wrongly has its own error.
      const Node* given = node.Find(field->name());
      const auto* list = given ? given->get_if<Node::List>() : nullptr;
      const bool is_empty_list =
          field->is_repeated() && list != nullptr && list->empty();
      if (given != nullptr && !given->is_none() && !is_empty_list) continue;
      Fail(node.place, Join(path, field->name()),
           absl::StrCat(owner, " needs this field; add ", field->name(), ": ",
                        Example(field)));
    }
  }

  static std::string Example(const FieldDescriptor* field) {
    if (!field->options().GetExtension(component).empty()) {
      return absl::StrCat("{type: <", field->options().GetExtension(component),
                          ">}");
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
      // The textproto reader takes {key, value} for an entry of a map.
      const bool is_entry = list->size() == 1 && list->front().Find("key") &&
                            list->front().Find("value");
      if (is_entry && field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        return One(list->front(), path, field, out);
      }
      return Fail(node.place, path,
                  absl::StrCat("expected one value, found ", Described(node)));
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
           field->message_type() == Value::descriptor();
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
    if (map == nullptr) return WrongKind(node, path, "a dict");
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

  // The field that takes `node` as a dict of lists by name in place of `field`,
  // or null.
  static const FieldDescriptor* ByName(const Node& node,
                                       const FieldDescriptor* field) {
    const std::string& name = field->options().GetExtension(lists_by_name);
    const auto* map = node.get_if<Node::Map>();
    if (name.empty() || map == nullptr || map->empty() || node.Find(kType)) {
      return nullptr;
    }
    // Else it is a component that lacks its type.
    for (const Node::Entry& entry : *map) {
      if (!entry.value.get_if<Node::Map>() &&
          !entry.value.get_if<Node::List>()) {
        return nullptr;
      }
    }
    return field->containing_type()->FindFieldByName(name);
  }

  // `field` is a map of messages of a list each.
  void ListsByName(const Node& node, const std::string& path,
                   const FieldDescriptor* field, Message* out) {
    const FieldDescriptor* key = field->message_type()->map_key();
    const FieldDescriptor* value = field->message_type()->map_value();
    for (const Node::Entry& entry : *node.get_if<Node::Map>()) {
      Message* item = out->GetReflection()->AddMessage(out, field);
      item->GetReflection()->SetString(item, key, entry.key);
      Field(entry.value, Join(path, entry.key), value->message_type()->field(0),
            item->GetReflection()->MutableMessage(item, value));
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
      // Text format has no other none than `value {}`.
      const auto* map = value ? value->get_if<Node::Map>() : nullptr;
      const bool is_none = value == nullptr || (map && map->empty());
      entries.push_back({text ? *text : DumpFlow(*key), key->place,
                         is_none ? Node(Node::None(), item.place) : *value});
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
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
      return FailUnlessOk(node, path, SetScalarField(node, field, out));
    }
    const Reflection* reflection = out->GetReflection();
    MessageInto(node, path, field,
                field->is_repeated() ? reflection->AddMessage(out, field)
                                     : reflection->MutableMessage(out, field));
  }

  // `field` says what the message is for; of a map it is the map.
  void MessageInto(const Node& node, const std::string& path,
                   const FieldDescriptor* field, Message* out) {
    const std::string& kind = field->options().GetExtension(component);
    if (!kind.empty()) {
      return ComponentInto(node, path, kind,
                           field->options().GetExtension(default_type),
                           static_cast<Any*>(out));
    }
    const auto fail = [this](const Node& value, const std::string& value_path,
                             const absl::Status& error) {
      FailUnlessOk(value, value_path, error);
    };
    const Descriptor* type = out->GetDescriptor();
    if (type == Value::descriptor()) {
      return NodeToValue(node, path, fail, static_cast<Value*>(out));
    }
    if (type == ListValue::descriptor()) {
      return NodeToListValue(node, path, fail, static_cast<ListValue*>(out));
    }
    if (type == Struct::descriptor()) {
      return NodeToStruct(node, path, fail, static_cast<Struct*>(out));
    }
    Fields(node, path, type->name(), "", out);
  }

  void ClassInto(const Node& node, const std::string& path,
                 const std::string& kind, const std::string& fallback,
                 Any* out) {
    const DefaultScope components(components_, scope_);
    const Node* type = node.Find(kType);
    std::string name = fallback;
    if (type != nullptr) {
      const auto* text = type->get_if<std::string>();
      if (text == nullptr) {
        return WrongKind(*type, Join(path, kType), "the name of a class", "");
      }
      name = *text;
    }
    if (name.empty()) {
      return Fail(node.place, Join(path, kType),
                  absl::StrCat("which ", kind, "? Add type: ",
                               absl::StrJoin(components.Names(kind), ", or ")));
    }
    const ComponentClass* found = components.Find(kind, name);
    if (found == nullptr) {
      const NotLinked why = ExplainNotLinked(components, kind, name);
      return Fail(type ? type->place : node.place, Join(path, kType), why.what,
                  why.linked);
    }
    if (found->config->GetDescriptor() == Struct::descriptor()) {
      return StructComponentInto(node, path, *found, out);
    }
    std::unique_ptr<Message> config(found->config->New());
    Fields(node, path, found->name, kind, config.get());
    out->PackFrom(*config);
  }

  // A class that takes any fields.
  void StructComponentInto(const Node& node, const std::string& path,
                           const ComponentClass& found, Any* any) {
    Node fields = node;
    fields.Erase(kType);
    fields.Erase(kScope);
    // As text format spells it out: `type: "X" fields { fields {...} }`.
    const Node* inner = fields.Find("fields");
    if (inner != nullptr && inner->Find("fields") &&
        fields.get_if<Node::Map>()->size() == 1) {
      fields = Node(*inner);
    }
    StructComponent packed;
    packed.set_type(found.ScopedName());
    if (!fields.get_if<Node::Map>()->empty()) {
      NodeToStruct(
          fields, path,
          [this](const Node& value, const std::string& value_path,
                 const absl::Status& error) {
            FailUnlessOk(value, value_path, error);
          },
          packed.mutable_fields());
    }
    any->PackFrom(packed);
  }

  const Components& components_;
  // Of the component around, where one names it.
  std::string scope_;
  std::vector<Error> errors_;
};

}  // namespace

absl::Status Lower(const Node& node, const Components& components,
                   Message* message) {
  Lowering lowering(components);
  lowering.Fields(node, "", message->GetDescriptor()->name(), "", message);
  return lowering.status();
}

absl::Status LowerComponent(const Node& node, absl::string_view kind,
                            const Components& components, Any* any) {
  Lowering lowering(components);
  lowering.ComponentInto(node, "", std::string(kind), "", any);
  return lowering.status();
}

}  // namespace anneal::config
