#include "registry/class_schema.h"

#include <google/protobuf/any.pb.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "config/dump.h"
#include "config/options.pb.h"
#include "registry/example_config.h"
#include "registry/schema_comments.h"

namespace anneal {
namespace {

using config::Node;
using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;
using google::protobuf::FieldDescriptor;

// The columns of a page.
constexpr size_t kWidth = 80;

std::string EnumWords(const EnumDescriptor* type) {
  std::vector<std::string> words;
  for (int i = 0; i < type->value_count(); ++i) {
    words.push_back(type->value(i)->name());
  }
  return absl::StrJoin(words, " or ");
}

bool HasOwnFields(const FieldDescriptor* field) {
  if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return false;
  return field->message_type()->file()->package() != "google.protobuf";
}

std::string OneType(const FieldDescriptor* field) {
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_FLOAT:
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "real";
    case FieldDescriptor::CPPTYPE_STRING:
      return "text";
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumWords(field->enum_type());
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
    default:
      return "integer";
  }
  const Descriptor* type = field->message_type();
  if (type == google::protobuf::Struct::descriptor()) return "dict of anything";
  if (type == google::protobuf::ListValue::descriptor()) {
    return "list of anything";
  }
  if (type == google::protobuf::Value::descriptor()) return "anything";
  if (type == google::protobuf::Any::descriptor()) return "component";
  return type->name();
}

std::string TypeOf(const FieldDescriptor* field) {
  const std::string& kind = field->options().GetExtension(component);
  if (field->is_map()) {
    const Descriptor* entry = field->message_type();
    return absl::StrCat("dict of ",
                        kind.empty() ? OneType(entry->map_value()) : kind,
                        " by ", OneType(entry->map_key()));
  }
  return absl::StrCat(field->is_repeated() ? "list of " : "",
                      kind.empty() ? OneType(field) : kind);
}

std::string DefaultOf(const FieldDescriptor* field) {
  if (!field->has_default_value()) {
    return field->options().GetExtension(default_type);
  }
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return field->default_value_bool() ? "true" : "false";
    case FieldDescriptor::CPPTYPE_INT32:
      return absl::StrCat(field->default_value_int32());
    case FieldDescriptor::CPPTYPE_INT64:
      return absl::StrCat(field->default_value_int64());
    case FieldDescriptor::CPPTYPE_UINT32:
      return absl::StrCat(field->default_value_uint32());
    case FieldDescriptor::CPPTYPE_UINT64:
      return absl::StrCat(field->default_value_uint64());
    case FieldDescriptor::CPPTYPE_FLOAT:
      return absl::StrCat(field->default_value_float());
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return config::DumpFlow(
          Node(field->default_value_double(), config::Place()));
    case FieldDescriptor::CPPTYPE_ENUM:
      return field->default_value_enum()->name();
    case FieldDescriptor::CPPTYPE_STRING:
      return config::DumpFlow(
          Node(field->default_value_string(), config::Place()));
    default:
      return "";
  }
}

// `outer`: the messages around, which may hold themselves.
std::vector<FieldSchema> FieldsOf(const Descriptor* message,
                                  std::vector<const Descriptor*> outer) {
  std::vector<FieldSchema> fields;
  outer.push_back(message);
  for (int i = 0; i < message->field_count(); ++i) {
    const FieldDescriptor* field = message->field(i);
    FieldSchema schema;
    schema.name = field->name();
    schema.type = TypeOf(field);
    schema.default_text = DefaultOf(field);
    schema.required = field->options().GetExtension(required);
    schema.comment = SchemaComment(field->full_name());
    if (schema.required) {
      schema.comment = std::string(absl::StripLeadingAsciiWhitespace(
          absl::StripPrefix(schema.comment, "Required.")));
    }
    const FieldDescriptor* holder =
        field->is_map() ? field->message_type()->map_value() : field;
    if (HasOwnFields(holder) &&
        std::find(outer.begin(), outer.end(), holder->message_type()) ==
            outer.end()) {
      schema.fields = FieldsOf(holder->message_type(), outer);
    }
    fields.push_back(std::move(schema));
  }
  return fields;
}

// Appends `text` in lines of at most kWidth columns, each behind `indent`
// spaces.
void Wrap(absl::string_view text, size_t indent, std::string* out) {
  for (absl::string_view paragraph : absl::StrSplit(text, '\n')) {
    const size_t first = paragraph.find_first_not_of(' ');
    const std::string pad(indent + (first == paragraph.npos ? 0 : first), ' ');
    std::string line = pad;
    for (absl::string_view word :
         absl::StrSplit(paragraph, ' ', absl::SkipEmpty())) {
      if (line.size() > pad.size() && line.size() + 1 + word.size() > kWidth) {
        absl::StrAppend(out, line, "\n");
        line = pad;
      }
      absl::StrAppend(&line, line.size() > pad.size() ? " " : "", word);
    }
    absl::StrAppend(out, line, "\n");
  }
}

void AppendFields(const std::vector<FieldSchema>& fields, size_t indent,
                  std::string* out) {
  for (const FieldSchema& field : fields) {
    absl::StrAppend(out, std::string(indent, ' '), field.name, ": ",
                    field.type);
    if (field.required) absl::StrAppend(out, ", required");
    if (!field.default_text.empty()) {
      absl::StrAppend(out, ", default ", field.default_text);
    }
    absl::StrAppend(out, "\n");
    if (!field.comment.empty()) Wrap(field.comment, indent + 4, out);
    AppendFields(field.fields, indent + 4, out);
  }
}

Node Text(std::string text) { return Node(std::move(text), config::Place()); }

Node FieldsNode(const std::vector<FieldSchema>& fields) {
  Node::List list;
  for (const FieldSchema& field : fields) {
    Node node{Node::Map(), config::Place()};
    node.Set("name", Text(field.name));
    node.Set("type", Text(field.type));
    if (!field.default_text.empty()) {
      node.Set("default", Text(field.default_text));
    }
    node.Set("required", Node(field.required, config::Place()));
    node.Set("comment", Text(field.comment));
    if (!field.fields.empty()) node.Set("fields", FieldsNode(field.fields));
    list.push_back(std::move(node));
  }
  return Node(std::move(list), config::Place());
}

}  // namespace

ClassSchema DescribeClass(const RegistryIndex& index,
                          const RegistryIndex::Entry& entry,
                          const std::string& kind) {
  const Descriptor* message = entry.component.config->GetDescriptor();
  ClassSchema schema;
  schema.kind = kind;
  schema.name = entry.component.name;
  schema.scope = entry.component.scope;
  schema.message = message->full_name();
  schema.file = entry.file;
  schema.target = index.ProvidedBy(kind, entry.component.ScopedName());
  schema.comment = SchemaComment(message->full_name());
  schema.takes_any_fields = message == google::protobuf::Struct::descriptor();
  if (!schema.takes_any_fields) schema.fields = FieldsOf(message, {});
  schema.example = ExampleConfig(index, kind, entry.component);
  return schema;
}

std::string SchemaPage(const ClassSchema& schema) {
  const bool has_vowel =
      std::string("aeiou").find(schema.kind[0]) != std::string::npos;
  std::string page =
      absl::StrCat(schema.name, has_vowel ? ": an " : ": a ", schema.kind);
  if (!schema.scope.empty()) absl::StrAppend(&page, " of ", schema.scope);
  absl::StrAppend(&page, "\n\n  config  ", schema.message, "\n  source  ",
                  schema.file, "\n");
  if (!schema.target.empty()) {
    absl::StrAppend(&page, "  target  ", schema.target, "\n");
  }
  if (!schema.comment.empty()) {
    absl::StrAppend(&page, "\n");
    Wrap(schema.comment, 0, &page);
  }
  if (schema.takes_any_fields) {
    absl::StrAppend(&page, "\nfields: any\n");
  } else if (schema.fields.empty()) {
    absl::StrAppend(&page, "\nfields: none\n");
  } else {
    absl::StrAppend(&page, "\nfields:\n");
    AppendFields(schema.fields, 2, &page);
  }
  absl::StrAppend(&page, "\nexample:\n");
  for (absl::string_view line :
       absl::StrSplit(config::DumpYaml(schema.example), '\n')) {
    if (!line.empty()) absl::StrAppend(&page, "  ", line, "\n");
  }
  return page;
}

Node SchemaNode(const ClassSchema& schema) {
  Node node{Node::Map(), config::Place()};
  node.Set("kind", Text(schema.kind));
  node.Set("name", Text(schema.name));
  node.Set("scope", Text(schema.scope));
  node.Set("message", Text(schema.message));
  node.Set("file", Text(schema.file));
  node.Set("target", Text(schema.target));
  node.Set("comment", Text(schema.comment));
  node.Set("takes_any_fields", Node(schema.takes_any_fields, config::Place()));
  node.Set("fields", FieldsNode(schema.fields));
  node.Set("example", schema.example);
  return node;
}

}  // namespace anneal
