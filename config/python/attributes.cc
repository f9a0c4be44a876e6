#include "config/python/attributes.h"

#include "absl/strings/str_cat.h"
#include "config/python/items.h"
#include "config/python/methods.h"
#include "config/python/modules.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

// The attribute, or false.
bool Find(const Value& object, const std::string& name, Mark mark, Heap* heap,
          Value* result) {
  if (const Imported* imported = object.get<const Imported>()) {
    Imported* attribute = heap->New<Imported>();
    attribute->name = name;
    attribute->module =
        imported->is_module ? imported->module : imported->dotted();
    // A name grows by a part for each "." that was written.
    heap->Reserve(attribute->module.size() + name.size());
    *result = Value(static_cast<const Imported*>(attribute), mark);
    return true;
  }
  if (const Module* module = object.get<const Module>()) {
    return FindInModule(module->name, name, mark, heap, result);
  }
  if (const Native native = FindMethod(object, name)) {
    Function* method = heap->New<Function>();
    method->name = name;
    method->native = native;
    method->self = object;
    *result = Value(static_cast<const Function*>(method), mark);
    return true;
  }
  Dict* dict = object.get<Dict>();
  if (dict == nullptr || !dict->is_config_dict) return false;
  const Table::Slot* slot = dict->table.Find(heap->NewText(name, mark), heap);
  if (slot == nullptr) return false;
  *result = slot->value;
  return true;
}

absl::Status NoAttribute(const Value& object, const std::string& name,
                         Mark mark, Heap* heap) {
  RETURN_IF_ERROR(heap->Check(mark));
  if (const Module* module = object.get<const Module>()) {
    return heap->Error(mark, absl::StrCat(module->name, ".", name,
                                          " is not read in a config"));
  }
  const Dict* dict = object.get<Dict>();
  const absl::string_view hint =
      dict == nullptr        ? ""
      : dict->is_config_dict ? ""
                             : "; a dict's keys are written dict[\"key\"]";
  return heap->Error(
      mark, absl::StrCat("a ", TypeName(object), " has no attribute \"", name,
                         "\"", hint));
}

}  // namespace

absl::StatusOr<Value> GetAttribute(const Value& object, const std::string& name,
                                   Mark mark, Heap* heap) {
  Value result;
  if (Find(object, name, mark, heap, &result)) return result;
  return NoAttribute(object, name, mark, heap);
}

bool HasAttribute(const Value& object, const std::string& name, Heap* heap) {
  Value result;
  return Find(object, name, Mark(), heap, &result);
}

absl::Status SetAttribute(const Value& object, const std::string& name,
                          const Value& value, Mark mark, Heap* heap) {
  Dict* dict = object.get<Dict>();
  if (dict == nullptr || !dict->is_config_dict) {
    return heap->Error(
        mark,
        absl::StrCat("attributes of a ", TypeName(object), " can't be set",
                     dict ? "; write dict[\"" + name + "\"]" : ""));
  }
  if (FindMethod(object, name)) {
    return heap->Error(
        mark,
        absl::StrCat("\"", name, "\" is a method; write [\"", name, "\"]"));
  }
  return SetKey(dict, heap->NewText(name, mark), value, mark, heap);
}

absl::Status DeleteAttribute(const Value& object, const std::string& name,
                             Mark mark, Heap* heap) {
  Dict* dict = object.get<Dict>();
  if (dict == nullptr || !dict->is_config_dict ||
      !dict->table.Erase(heap->NewText(name, mark), heap)) {
    return NoAttribute(object, name, mark, heap);
  }
  return absl::OkStatus();
}

}  // namespace anneal::config::python
