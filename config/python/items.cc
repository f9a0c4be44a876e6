#include "config/python/items.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "config/python/text.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

absl::Status NotHashable(const Value& key, Mark mark, Heap* heap) {
  RETURN_IF_ERROR(heap->Check(mark));
  return heap->Error(mark, absl::StrCat("a ", TypeName(key),
                                        " can't be a key: it may change"));
}

Value HookedAt(const Value& value, int depth, Heap* heap) {
  if (!heap->Spend(1)) return value;
  if (depth > kMaxValueDepth) {
    heap->NoteDepth();
    return value;
  }
  if (const List* list = value.get<List>()) {
    std::vector<Value> items;
    items.reserve(list->items.size());
    for (const Value& item : list->items) {
      items.push_back(HookedAt(item, depth + 1, heap));
    }
    return list->is_tuple ? heap->NewTuple(std::move(items), value.mark)
                          : heap->NewList(std::move(items), value.mark);
  }
  const Dict* dict = value.get<Dict>();
  if (dict == nullptr || dict->is_config_dict) return value;
  Dict* copy = heap->New<Dict>();
  copy->is_config_dict = true;
  for (const Table::Slot& slot : dict->table.slots) {
    copy->table.Set(slot.key, HookedAt(slot.value, depth + 1, heap), slot.mark,
                    heap);
  }
  return Value(copy, value.mark);
}

// Start, stop and step of a slice of `size` items, as Python's slice.indices.
struct Bounds {
  int64_t start, stop, step;
  int64_t size() const {
    Range range;
    range.start = start;
    range.stop = stop;
    range.step = step;
    return range.size();
  }
};

absl::StatusOr<Bounds> BoundsOf(const Value& start, const Value& stop,
                                const Value& step, int64_t size, Mark mark,
                                Heap* heap) {
  for (const Value* bound : {&start, &stop, &step}) {
    if (!bound->is_none() && !IsInteger(*bound)) {
      return heap->Error(
          mark, absl::StrCat("a slice has integers, not a ", TypeName(*bound)));
    }
  }
  Bounds bounds{0, 0, step.is_none() ? 1 : AsInteger(step)};
  if (bounds.step == 0) return heap->Error(mark, "a slice's step can't be 0");
  // -2^63 has no negative.
  bounds.step = std::max(bounds.step, -INT64_MAX);
  const bool forward = bounds.step > 0;
  const int64_t low = forward ? 0 : -1;
  const int64_t high = forward ? size : size - 1;
  const auto clamp = [&](const Value& bound, int64_t absent) {
    if (bound.is_none()) return absent;
    int64_t at = AsInteger(bound);
    if (at < 0) at += size;
    return std::min(std::max(at, low), high);
  };
  bounds.start = clamp(start, forward ? low : high);
  bounds.stop = clamp(stop, forward ? high : low);
  return bounds;
}

template <typename T>
std::vector<T> Sliced(const std::vector<T>& items, const Bounds& bounds) {
  std::vector<T> result;
  const int64_t count = bounds.size();
  result.reserve(count);
  for (int64_t i = 0; i < count; ++i) {
    result.push_back(items[bounds.start + i * bounds.step]);
  }
  return result;
}

absl::Status CantChange(const Value& object, Mark mark, Heap* heap) {
  return heap->Error(
      mark, absl::StrCat("a ", TypeName(object), "'s items can't be changed"));
}

class DeepCopier {
 public:
  explicit DeepCopier(Heap* heap) : heap_(heap) {}

  Value Copy(const Value& value, int depth) {
    const Object* object = value.get<List>();
    if (object == nullptr) object = value.get<Dict>();
    if (object == nullptr) object = value.get<Set>();
    if (object == nullptr || !heap_->Spend(1)) return value;
    if (depth > kMaxValueDepth) {
      heap_->NoteDepth();
      return value;
    }
    const auto known = copies_.find(object);
    if (known != copies_.end()) {
      Value copy = known->second;
      copy.mark = value.mark;
      return copy;
    }
    if (const Set* set = value.get<Set>()) {
      python::Set* copy = heap_->New<python::Set>();
      heap_->Reserve(set->table.slots.size() * sizeof(Table::Slot));
      copy->table = set->table;
      return Remember(object, Value(copy, value.mark));
    }
    if (const Dict* dict = value.get<Dict>()) {
      Dict* copy = heap_->New<Dict>();
      copy->is_config_dict = dict->is_config_dict;
      const Value result = Remember(object, Value(copy, value.mark));
      // The slots may grow while they are copied, of a dict that holds itself.
      for (size_t i = 0; i < dict->table.slots.size(); ++i) {
        const Table::Slot slot = dict->table.slots[i];
        copy->table.Set(slot.key, Copy(slot.value, depth + 1), slot.mark,
                        heap_);
      }
      return result;
    }
    const List* list = value.get<List>();
    heap_->Reserve(list->items.size() * sizeof(Value));
    List* copy = heap_->New<List>();
    copy->is_tuple = list->is_tuple;
    const Value result = Remember(object, Value(copy, value.mark));
    copy->items.reserve(list->items.size());
    for (const Value& item : list->items) {
      copy->items.push_back(Copy(item, depth + 1));
    }
    return result;
  }

 private:
  Value Remember(const Object* object, Value copy) {
    copies_[object] = copy;
    return copy;
  }

  Heap* heap_;
  std::unordered_map<const Object*, Value> copies_;
};

}  // namespace

absl::StatusOr<std::vector<Value>> ItemsOf(const Value& value, Mark mark,
                                           Heap* heap) {
  std::vector<Value> items;
  const auto reserve = [&](int64_t size) {
    const bool fits = heap->Reserve(size * sizeof(Value));
    if (fits) items.reserve(size);
    return fits;
  };
  if (const List* list = value.get<List>()) {
    if (reserve(list->items.size())) items = list->items;
  } else if (const Dict* dict = value.get<Dict>()) {
    if (reserve(dict->table.slots.size())) {
      for (const Table::Slot& slot : dict->table.slots) {
        items.push_back(slot.key);
      }
    }
  } else if (const Set* set = value.get<Set>()) {
    if (reserve(set->table.slots.size())) {
      for (const Table::Slot& slot : set->table.slots) {
        items.push_back(slot.key);
      }
    }
  } else if (const Range* range = value.get<const Range>()) {
    const int64_t size = range->size();
    if (size <= kMaxBytes && reserve(size)) {
      for (int64_t i = 0; i < size; ++i) {
        items.emplace_back(range->at(i), mark);
      }
    } else {
      heap->Reserve(kMaxBytes + 1);
    }
  } else if (const std::string* text = TextOf(value)) {
    if (reserve(text->size())) {
      for (const absl::string_view one : Characters(*text)) {
        // Each is larger than what was reserved for it.
        RETURN_IF_ERROR(heap->Check(mark));
        items.push_back(heap->NewText(std::string(one), mark));
      }
    }
  } else {
    return heap->Error(
        mark, absl::StrCat("a ", TypeName(value), " has no items to go over"));
  }
  RETURN_IF_ERROR(heap->Check(mark));
  return items;
}

absl::StatusOr<int64_t> SizeOf(const Value& value, Mark mark, Heap* heap) {
  if (const List* list = value.get<List>()) return list->items.size();
  if (const Dict* dict = value.get<Dict>()) return dict->table.slots.size();
  if (const Set* set = value.get<Set>()) return set->table.slots.size();
  if (const Range* range = value.get<const Range>()) return range->size();
  if (const std::string* text = TextOf(value)) {
    heap->Spend(text->size() / 64);
    return CountCharacters(*text);
  }
  return heap->Error(mark,
                     absl::StrCat("a ", TypeName(value), " has no len()"));
}

absl::StatusOr<int64_t> Position(const Value& index, int64_t size, Mark mark,
                                 Heap* heap) {
  if (!IsInteger(index)) {
    return heap->Error(
        mark, absl::StrCat("an index is an integer, not a ", TypeName(index)));
  }
  const int64_t at = AsInteger(index);
  if (at >= size || at < -size) {
    return heap->Error(
        mark, absl::StrCat("index ", at, " is not in the ", size, " items"));
  }
  return at < 0 ? at + size : at;
}

absl::StatusOr<Value> GetItem(const Value& object, const Value& index,
                              Mark mark, Heap* heap) {
  if (Dict* dict = object.get<Dict>()) {
    if (!IsHashable(index, heap)) return NotHashable(index, mark, heap);
    if (const Table::Slot* slot = dict->table.Find(index, heap)) {
      return slot->value;
    }
    return heap->Error(mark,
                       absl::StrCat("the dict has no key ", Repr(index, heap)));
  }
  if (const List* list = object.get<List>()) {
    ASSIGN_OR_RETURN(const int64_t at,
                     Position(index, list->items.size(), mark, heap));
    return list->items[at];
  }
  if (const std::string* text = TextOf(object)) {
    heap->Spend(text->size() / 8);
    const std::vector<absl::string_view> characters = Characters(*text);
    ASSIGN_OR_RETURN(const int64_t at,
                     Position(index, characters.size(), mark, heap));
    return heap->NewText(std::string(characters[at]), mark);
  }
  if (const Range* range = object.get<const Range>()) {
    ASSIGN_OR_RETURN(const int64_t at,
                     Position(index, range->size(), mark, heap));
    return Value(range->at(at), mark);
  }
  return heap->Error(mark,
                     absl::StrCat("a ", TypeName(object), " has no items"));
}

absl::StatusOr<Value> GetSlice(const Value& object, const Value& start,
                               const Value& stop, const Value& step, Mark mark,
                               Heap* heap) {
  ASSIGN_OR_RETURN(const int64_t size, SizeOf(object, mark, heap));
  ASSIGN_OR_RETURN(const Bounds bounds,
                   BoundsOf(start, stop, step, size, mark, heap));
  if (const List* list = object.get<List>()) {
    std::vector<Value> items = Sliced(list->items, bounds);
    return list->is_tuple ? heap->NewTuple(std::move(items), mark)
                          : heap->NewList(std::move(items), mark);
  }
  if (const std::string* text = TextOf(object)) {
    heap->Spend(text->size() / 8);
    std::string result;
    for (const absl::string_view one : Sliced(Characters(*text), bounds)) {
      absl::StrAppend(&result, one);
    }
    return heap->NewText(std::move(result), mark);
  }
  if (const Range* range = object.get<const Range>()) {
    Range* result = heap->New<Range>();
    int64_t start_offset, stop_offset;
    if (__builtin_mul_overflow(bounds.start, range->step, &start_offset) ||
        __builtin_add_overflow(range->start, start_offset, &result->start) ||
        __builtin_mul_overflow(bounds.stop, range->step, &stop_offset) ||
        __builtin_add_overflow(range->start, stop_offset, &result->stop) ||
        __builtin_mul_overflow(range->step, bounds.step, &result->step)) {
      return heap->Error(mark, "a range whose bounds have more than 64 bits");
    }
    return Value(static_cast<const Range*>(result), mark);
  }
  return heap->Error(mark,
                     absl::StrCat("a ", TypeName(object), " has no slices"));
}

absl::Status SetItem(const Value& object, const Value& index,
                     const Value& value, Mark mark, Heap* heap) {
  if (Dict* dict = object.get<Dict>()) {
    return SetKey(dict, index, value, mark, heap);
  }
  List* list = object.get<List>();
  if (list == nullptr || list->is_tuple) return CantChange(object, mark, heap);
  ASSIGN_OR_RETURN(const int64_t at,
                   Position(index, list->items.size(), mark, heap));
  list->items[at] = value;
  return absl::OkStatus();
}

absl::Status DeleteItem(const Value& object, const Value& index, Mark mark,
                        Heap* heap) {
  if (Dict* dict = object.get<Dict>()) {
    if (!IsHashable(index, heap)) return NotHashable(index, mark, heap);
    if (dict->table.Erase(index, heap)) return absl::OkStatus();
    return heap->Error(mark,
                       absl::StrCat("the dict has no key ", Repr(index, heap)));
  }
  List* list = object.get<List>();
  if (list == nullptr || list->is_tuple) return CantChange(object, mark, heap);
  ASSIGN_OR_RETURN(const int64_t at,
                   Position(index, list->items.size(), mark, heap));
  heap->Spend(list->items.size() / 64);
  list->items.erase(list->items.begin() + at);
  return absl::OkStatus();
}

absl::Status SetSlice(const Value& object, const Value& start,
                      const Value& stop, const Value& step,
                      std::vector<Value> values, Mark mark, Heap* heap) {
  List* list = object.get<List>();
  if (list == nullptr || list->is_tuple) return CantChange(object, mark, heap);
  ASSIGN_OR_RETURN(const Bounds bounds,
                   BoundsOf(start, stop, step, list->items.size(), mark, heap));
  if (bounds.step != 1) {
    return heap->Error(mark, "a slice with a step can't be changed");
  }
  heap->Reserve((list->items.size() + values.size()) * sizeof(Value));
  RETURN_IF_ERROR(heap->Check(mark));
  const int64_t end = std::max(bounds.start, bounds.stop);
  auto& items = list->items;
  items.erase(items.begin() + bounds.start, items.begin() + end);
  items.insert(items.begin() + bounds.start, values.begin(), values.end());
  return absl::OkStatus();
}

absl::Status SetKey(Dict* dict, const Value& key, const Value& value, Mark mark,
                    Heap* heap) {
  if (!IsHashable(key, heap)) return NotHashable(key, mark, heap);
  dict->table.Set(key, dict->is_config_dict ? Hooked(value, heap) : value, mark,
                  heap);
  return absl::OkStatus();
}

Value Hooked(const Value& value, Heap* heap) {
  if (!value.get<List>() && !value.get<Dict>()) return value;
  return HookedAt(value, 0, heap);
}

absl::StatusOr<Value> ShallowCopy(const Value& value, Mark mark, Heap* heap) {
  if (const List* list = value.get<List>()) {
    if (list->is_tuple) return value;
    return heap->NewList(list->items, value.mark);
  }
  if (const Dict* dict = value.get<Dict>()) {
    heap->Reserve(dict->table.slots.size() * sizeof(Table::Slot));
    RETURN_IF_ERROR(heap->Check(mark));
    Dict* copy = heap->New<Dict>();
    copy->is_config_dict = dict->is_config_dict;
    copy->table = dict->table;
    // A ConfigDict's copy sets its keys again, which makes new lists.
    if (copy->is_config_dict) {
      for (Table::Slot& slot : copy->table.slots) {
        slot.value = Hooked(slot.value, heap);
      }
    }
    return Value(copy, value.mark);
  }
  if (const Set* set = value.get<Set>()) {
    heap->Reserve(set->table.slots.size() * sizeof(Table::Slot));
    RETURN_IF_ERROR(heap->Check(mark));
    Set* copy = heap->New<Set>();
    copy->table = set->table;
    return Value(copy, value.mark);
  }
  return value;
}

absl::StatusOr<Value> DeepCopy(const Value& value, Mark mark, Heap* heap) {
  const Value copy = DeepCopier(heap).Copy(value, 0);
  RETURN_IF_ERROR(heap->Check(mark));
  return copy;
}

}  // namespace anneal::config::python
