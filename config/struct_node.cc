#include "config/struct_node.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/scalar_field.h"

namespace anneal::config {
namespace {

using google::protobuf::ListValue;
using google::protobuf::Struct;
using google::protobuf::Value;

constexpr int64_t kLargestExact = int64_t{1} << 53;

std::string Join(const std::string& path, absl::string_view key) {
  return path.empty() ? std::string(key) : absl::StrCat(path, ".", key);
}

// The only value of a dict, if it has one key, and that is `key`.
const Node* OnlyChild(const Node& node, absl::string_view key) {
  const auto* map = node.get_if<Node::Map>();
  return map != nullptr && map->size() == 1 ? node.Find(key) : nullptr;
}

// What `{number_value: 1}` and the like spell out, else null.
const Node* SpelledOutValue(const Node& node) {
  for (const char* key : {"number_value", "string_value", "bool_value",
                          "struct_value", "list_value", "null_value"}) {
    if (const Node* child = OnlyChild(node, key)) return child;
  }
  return nullptr;
}

// The entry that `{key: "a", value: {number_value: 1}}` spells out.
bool IsSpelledOutEntry(const Node& node) {
  const auto* map = node.get_if<Node::Map>();
  const Node* key = node.Find("key");
  const Node* value = node.Find("value");
  return map != nullptr && map->size() == 2 && key != nullptr &&
         key->get_if<std::string>() && value != nullptr &&
         SpelledOutValue(*value) != nullptr;
}

// The entries that `{fields: [entry, ...]}`, or one entry, spells out; else
// none.
std::vector<const Node*> SpelledOutFields(const Node& node) {
  const Node* fields = OnlyChild(node, "fields");
  std::vector<const Node*> entries;
  if (fields == nullptr) return entries;
  if (const auto* list = fields->get_if<Node::List>()) {
    for (const Node& entry : *list) entries.push_back(&entry);
  } else {
    entries.push_back(fields);
  }
  const bool all_entries =
      std::all_of(entries.begin(), entries.end(),
                  [](const Node* entry) { return IsSpelledOutEntry(*entry); });
  return all_entries ? entries : std::vector<const Node*>();
}

template <typename T>
Node Unplaced(T value) {
  return Node(std::move(value), Place());
}

}  // namespace

void NodeToStruct(const Node& node, const std::string& path, FailFn fail,
                  Struct* out) {
  const auto* map = node.get_if<Node::Map>();
  if (map == nullptr) return fail(node, path, WrongKindError(node, "a dict"));
  const std::vector<const Node*> entries = SpelledOutFields(node);
  for (const Node* entry : entries) {
    const std::string& key = *entry->Find("key")->get_if<std::string>();
    NodeToValue(*entry->Find("value"), Join(path, key), fail,
                &(*out->mutable_fields())[key]);
  }
  if (!entries.empty()) return;
  for (const Node::Entry& entry : *map) {
    NodeToValue(entry.value, Join(path, entry.key), fail,
                &(*out->mutable_fields())[entry.key]);
  }
}

void NodeToListValue(const Node& node, const std::string& path, FailFn fail,
                     ListValue* out) {
  // Text format has no lists of lists, but `values {...} values {...}`.
  if (const Node* values = OnlyChild(node, "values")) {
    if (const auto* list = values->get_if<Node::List>()) {
      for (const Node& item : *list) {
        NodeToValue(item, path, fail, out->add_values());
      }
    } else {
      NodeToValue(*values, path, fail, out->add_values());
    }
    return;
  }
  const auto* list = node.get_if<Node::List>();
  if (list == nullptr) return fail(node, path, WrongKindError(node, "a list"));
  for (size_t i = 0; i < list->size(); ++i) {
    NodeToValue((*list)[i], absl::StrCat(path, ".", i), fail,
                out->add_values());
  }
}

void NodeToValue(const Node& node, const std::string& path, FailFn fail,
                 Value* out) {
  if (const auto* flag = node.get_if<bool>()) {
    out->set_bool_value(*flag);
  } else if (const auto* integer = node.get_if<int64_t>()) {
    if (*integer > kLargestExact || *integer < -kLargestExact) {
      fail(node, path,
           absl::InvalidArgumentError(absl::StrCat(
               *integer,
               " is beyond 2^53, where a google.protobuf.Struct is no longer "
               "exact; put it in quotes")));
    }
    out->set_number_value(static_cast<double>(*integer));
  } else if (const auto* real = node.get_if<double>()) {
    out->set_number_value(*real);
  } else if (const auto* text = node.get_if<std::string>()) {
    out->set_string_value(*text);
  } else if (node.get_if<Node::List>()) {
    NodeToListValue(node, path, fail, out->mutable_list_value());
  } else if (node.is_none() || OnlyChild(node, "null_value")) {
    out->set_null_value(google::protobuf::NULL_VALUE);
  } else if (const Node* list = OnlyChild(node, "list_value")) {
    ListValue* values = out->mutable_list_value();
    const auto* map = list->get_if<Node::Map>();
    if (map == nullptr || !map->empty()) {
      NodeToListValue(*list, path, fail, values);
    }
  } else if (const Node* fields = OnlyChild(node, "struct_value")) {
    NodeToStruct(*fields, path, fail, out->mutable_struct_value());
  } else if (const Node* value = SpelledOutValue(node)) {
    NodeToValue(*value, path, fail, out);
  } else {
    NodeToStruct(node, path, fail, out->mutable_struct_value());
  }
}

Node StructToNode(const Struct& fields) {
  Node::Map map;
  for (const auto& [key, value] : fields.fields()) {
    map.push_back({key, Place(), ValueToNode(value)});
  }
  std::sort(map.begin(), map.end(),
            [](const auto& a, const auto& b) { return a.key < b.key; });
  return Unplaced(std::move(map));
}

Node ListValueToNode(const ListValue& values) {
  Node::List list;
  for (const auto& item : values.values()) list.push_back(ValueToNode(item));
  return Unplaced(std::move(list));
}

Node ValueToNode(const Value& value) {
  switch (value.kind_case()) {
    case Value::kBoolValue:
      return Unplaced(value.bool_value());
    case Value::kNumberValue: {
      const double number = value.number_value();
      if (number == std::trunc(number) && std::abs(number) <= kLargestExact) {
        return Unplaced(static_cast<int64_t>(number));
      }
      return Unplaced(number);
    }
    case Value::kStringValue:
      return Unplaced(value.string_value());
    case Value::kListValue:
      return ListValueToNode(value.list_value());
    case Value::kStructValue:
      return StructToNode(value.struct_value());
    default:
      return Unplaced(Node::None());
  }
}

}  // namespace anneal::config
