#include "config/python/value.h"

#include <algorithm>
#include <cmath>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "config/python/heap.h"

namespace anneal::config::python {
namespace {

// Below this many keys a search is faster than an index.
constexpr size_t kIndexed = 12;

// Equal numbers hash alike: True, 1 and 1.0 are one key.
uint64_t HashOf(const Value& value, Heap* heap) {
  if (const std::string* text = TextOf(value)) {
    heap->SpendBytes(text->size());
    return absl::Hash<std::string>()(*text);
  }
  if (IsNumber(value)) return absl::Hash<double>()(AsReal(value));
  const List* tuple = value.get<List>();
  if (tuple == nullptr) return 0;
  heap->Spend(tuple->items.size());
  uint64_t hash = tuple->items.size();
  for (const Value& item : tuple->items) {
    hash =
        absl::Hash<std::pair<uint64_t, uint64_t>>()({hash, HashOf(item, heap)});
  }
  return hash;
}

bool SameText(const std::string& a, const std::string& b, Heap* heap) {
  return a.size() == b.size() && heap->SpendBytes(a.size()) && a == b;
}

bool SameItems(const Table& a, Table* b, bool with_values, Heap* heap) {
  if (a.slots.size() != b->slots.size()) return false;
  return std::all_of(
      a.slots.begin(), a.slots.end(), [&](const Table::Slot& slot) {
        const Table::Slot* other = b->Find(slot.key, heap);
        return other != nullptr &&
               (!with_values || Equal(slot.value, other->value, heap));
      });
}

bool EqualAt(const Value& a, const Value& b, int depth, Heap* heap) {
  if (!heap->Spend(1)) return false;
  if (depth > kMaxValueDepth) {
    heap->NoteDepth();
    return false;
  }
  if (IsNumber(a) || IsNumber(b)) {
    if (!IsNumber(a) || !IsNumber(b)) return false;
    if (IsInteger(a) && IsInteger(b)) return AsInteger(a) == AsInteger(b);
    const auto exact = [](const Value& value) {
      return IsInteger(value) ? static_cast<long double>(AsInteger(value))
                              : static_cast<long double>(AsReal(value));
    };
    return exact(a) == exact(b);
  }
  const std::string* text = TextOf(a);
  const std::string* other_text = TextOf(b);
  if (text && other_text) return SameText(*text, *other_text, heap);
  const List* list = a.get<List>();
  const List* other_list = b.get<List>();
  if (list && other_list) {
    if (list->is_tuple != other_list->is_tuple) return false;
    return list->items.size() == other_list->items.size() &&
           std::equal(list->items.begin(), list->items.end(),
                      other_list->items.begin(),
                      [&](const Value& x, const Value& y) {
                        return EqualAt(x, y, depth + 1, heap);
                      });
  }
  const Set* set = a.get<Set>();
  Set* other_set = b.get<Set>();
  if (set && other_set) {
    return SameItems(set->table, &other_set->table, false, heap);
  }
  const Dict* dict = a.get<Dict>();
  Dict* other_dict = b.get<Dict>();
  if (dict && other_dict) {
    const Table& table = dict->table;
    if (table.slots.size() != other_dict->table.slots.size()) return false;
    for (const Table::Slot& slot : table.slots) {
      const Table::Slot* other = other_dict->table.Find(slot.key, heap);
      if (!other || !EqualAt(slot.value, other->value, depth + 1, heap)) {
        return false;
      }
    }
    return true;
  }
  return Same(a, b);
}

bool IsHashableAt(const Value& value, int depth, Heap* heap) {
  if (value.get<Set>() || value.get<Dict>()) return false;
  const List* list = value.get<List>();
  if (list == nullptr) return true;
  if (depth > kMaxValueDepth) heap->NoteDepth();
  return list->is_tuple && depth <= kMaxValueDepth && heap->Spend(1) &&
         std::all_of(list->items.begin(), list->items.end(),
                     [&](const Value& item) {
                       return IsHashableAt(item, depth + 1, heap);
                     });
}

}  // namespace

Table::Slot* Table::Find(const Value& key, Heap* heap) {
  if (slots.size() < kIndexed) {
    const std::string* text = TextOf(key);
    for (Slot& slot : slots) {
      const std::string* other = TextOf(slot.key);
      if (text || other ? text && other && SameText(*text, *other, heap)
                        : Equal(slot.key, key, heap)) {
        return &slot;
      }
    }
    return nullptr;
  }
  if (index_.empty()) BuildIndex(heap);
  const auto [begin, end] = index_.equal_range(HashOf(key, heap));
  for (auto it = begin; it != end; ++it) {
    if (Equal(slots[it->second].key, key, heap)) return &slots[it->second];
  }
  return nullptr;
}

void Table::Set(const Value& key, const Value& value, Mark mark, Heap* heap) {
  if (Slot* slot = Find(key, heap)) {
    slot->value = value;
    slot->mark = mark;
    return;
  }
  heap->Reserve(sizeof(Slot) * 2);
  if (!index_.empty()) index_.emplace(HashOf(key, heap), slots.size());
  slots.push_back({key, value, mark});
}

bool Table::Erase(const Value& key, Heap* heap) {
  Slot* slot = Find(key, heap);
  if (slot == nullptr) return false;
  slots.erase(slots.begin() + (slot - slots.data()));
  // Positions have moved: the next search makes a new index.
  heap->Spend(index_.size() / 2);
  index_.clear();
  return true;
}

void Table::Clear() {
  slots.clear();
  index_.clear();
}

void Table::BuildIndex(Heap* heap) {
  heap->Spend(slots.size());
  index_.reserve(slots.size() * 2);
  for (size_t i = 0; i < slots.size(); ++i) {
    index_.emplace(HashOf(slots[i].key, heap), i);
  }
}

int64_t Range::size() const {
  // In 128 bits, as bounds may be at the ends of 64.
  const __int128 length =
      step > 0 ? (__int128{stop} - start + step - 1) / step
               : (__int128{start} - stop - step - 1) / -__int128{step};
  const bool is_empty = step > 0 ? stop <= start : stop >= start;
  return is_empty ? 0
                  : static_cast<int64_t>(std::min<__int128>(length, INT64_MAX));
}

int64_t Range::at(int64_t i) const {
  return static_cast<int64_t>(start + __int128{i} * step);
}

std::string Imported::dotted() const { return absl::StrCat(module, ".", name); }

absl::string_view TypeName(const Value& value) {
  if (value.is_none()) return "None";
  if (value.get_if<bool>()) return "bool";
  if (value.get_if<int64_t>()) return "int";
  if (value.get_if<double>()) return "float";
  if (TextOf(value)) return "str";
  if (const List* list = value.get<List>()) {
    return list->is_tuple ? "tuple" : "list";
  }
  if (value.get<Set>()) return "set";
  if (const Dict* dict = value.get<Dict>()) {
    return dict->is_config_dict ? "ConfigDict" : "dict";
  }
  if (value.get<const Range>()) return "range";
  if (value.get<const Imported>()) return "imported name";
  if (value.get<const Module>()) return "module";
  return "function";
}

bool Truth(const Value& value) {
  if (value.is_none()) return false;
  if (IsNumber(value)) return AsReal(value) != 0;
  if (const std::string* text = TextOf(value)) return !text->empty();
  if (const List* list = value.get<List>()) return !list->items.empty();
  if (const Set* set = value.get<Set>()) return !set->table.slots.empty();
  if (const Dict* dict = value.get<Dict>()) return !dict->table.slots.empty();
  if (const Range* range = value.get<const Range>()) return range->size() > 0;
  return true;
}

bool Equal(const Value& a, const Value& b, Heap* heap) {
  return EqualAt(a, b, 0, heap);
}

bool Same(const Value& a, const Value& b) {
  if (a.content.index() != b.content.index()) return false;
  const std::string* text = TextOf(a);
  if (text != nullptr) return *text == *TextOf(b);
  if (a.is_none()) return true;
  if (IsInteger(a)) return AsInteger(a) == AsInteger(b);
  if (IsNumber(a)) return AsReal(a) == AsReal(b);
  if (const Function* function = a.get<const Function>()) {
    const Function* other = b.get<const Function>();
    return function == other ||
           (function->native == other->native && function->self.is_none() &&
            other->self.is_none());
  }
  const Imported* imported = a.get<const Imported>();
  if (imported) return imported->dotted() == b.get<const Imported>()->dotted();
  return std::visit(
      [&](const auto& reference) {
        using T = std::decay_t<decltype(reference)>;
        if constexpr (std::is_pointer_v<T>) {
          return reference == std::get<T>(b.content);
        } else {
          return false;
        }
      },
      a.content);
}

bool IsNumber(const Value& value) {
  return IsInteger(value) || value.get_if<double>();
}

double AsReal(const Value& value) {
  if (const auto* real = value.get_if<double>()) return *real;
  return static_cast<double>(AsInteger(value));
}

bool IsInteger(const Value& value) {
  return value.get_if<int64_t>() || value.get_if<bool>();
}

int64_t AsInteger(const Value& value) {
  if (const auto* flag = value.get_if<bool>()) return *flag;
  return *value.get_if<int64_t>();
}

bool IsHashable(const Value& value, Heap* heap) {
  return IsHashableAt(value, 0, heap);
}

const std::string* TextOf(const Value& value) {
  const Text* text = value.get<const Text>();
  return text ? &text->text : nullptr;
}

}  // namespace anneal::config::python
