#include "config/python/dict_update.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "config/python/arguments.h"
#include "config/python/items.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

// `from`, or what it makes of `into`, which it may change: both are copies.
absl::StatusOr<Value> Merged(const Value& from, const Value& into,
                             const Value& delete_key, Mark mark, Heap* heap,
                             int depth) {
  Dict* dict = from.get<Dict>();
  if (dict == nullptr) return from;
  if (depth > kMaxValueDepth) heap->NoteDepth();
  RETURN_IF_ERROR(heap->Check(mark));
  const Table::Slot* delete_mark = dict->table.Find(delete_key, heap);
  const bool deletes = delete_mark != nullptr && Truth(delete_mark->value);
  dict->table.Erase(delete_key, heap);
  Dict* base = into.get<Dict>();
  if (base == nullptr) return from;
  if (deletes) base->table.Clear();
  base->table.Erase(delete_key, heap);
  for (const Table::Slot& slot : dict->table.slots) {
    heap->Spend(1);
    Table::Slot* old = base->table.Find(slot.key, heap);
    Value value = slot.value;
    if (old != nullptr) {
      const Value old_value = old->value;
      ASSIGN_OR_RETURN(value, Merged(slot.value, old_value, delete_key, mark,
                                     heap, depth + 1));
    }
    base->table.Set(slot.key, value, slot.mark, heap);
  }
  return Value(base, from.mark);
}

}  // namespace

absl::StatusOr<std::vector<Table::Slot>> SlotsOfArguments(const Call& call) {
  std::vector<Table::Slot> slots;
  slots.reserve(call.keywords.size());
  if (!call.arguments.empty()) {
    const Value& from = call.arguments[0];
    if (const Dict* dict = from.get<Dict>()) {
      call.heap->Reserve(dict->table.slots.size() * sizeof(Table::Slot));
      RETURN_IF_ERROR(call.heap->Check(call.mark));
      slots = dict->table.slots;
    } else {
      ASSIGN_OR_RETURN(const std::vector<Value> pairs,
                       ItemsOf(from, call.mark, call.heap));
      for (const Value& pair : pairs) {
        const List* items = pair.get<List>();
        if (items == nullptr || items->items.size() != 2) {
          return CallError(call, "it takes a dict or pairs");
        }
        slots.push_back({items->items[0], items->items[1], pair.mark});
      }
    }
  }
  for (const Call::Keyword& keyword : call.keywords) {
    slots.push_back({call.heap->NewText(keyword.name, keyword.mark),
                     keyword.value, keyword.mark});
  }
  return slots;
}

absl::Status UpdateConfigKey(Dict* dict, const Table::Slot& slot, Heap* heap,
                             int depth) {
  heap->Spend(1);
  if (depth > kMaxValueDepth) heap->NoteDepth();
  RETURN_IF_ERROR(heap->Check(slot.mark));
  Table::Slot* old =
      IsHashable(slot.key, heap) ? dict->table.Find(slot.key, heap) : nullptr;
  Dict* inner = old ? old->value.get<Dict>() : nullptr;
  const Dict* from = slot.value.get<Dict>();
  if (inner == nullptr || from == nullptr) {
    return SetKey(dict, slot.key, slot.value, slot.mark, heap);
  }
  const std::vector<Table::Slot> slots = from->table.slots;
  for (const Table::Slot& one : slots) {
    RETURN_IF_ERROR(inner->is_config_dict
                        ? UpdateConfigKey(inner, one, heap, depth + 1)
                        : SetKey(inner, one.key, one.value, one.mark, heap));
  }
  return absl::OkStatus();
}

absl::Status MergeDict(const Value& from, const Value& into, Mark mark,
                       Heap* heap) {
  ASSIGN_OR_RETURN(const Value from_copy, DeepCopy(from, mark, heap));
  ASSIGN_OR_RETURN(const Value into_copy, DeepCopy(into, mark, heap));
  ASSIGN_OR_RETURN(const Value merged,
                   Merged(from_copy, into_copy, heap->NewText("_delete_", mark),
                          mark, heap, 0));
  Dict* dict = into.get<Dict>();
  dict->table.Clear();
  for (const Table::Slot& slot : merged.get<Dict>()->table.slots) {
    RETURN_IF_ERROR(SetKey(dict, slot.key, slot.value, slot.mark, heap));
  }
  return absl::OkStatus();
}

}  // namespace anneal::config::python
