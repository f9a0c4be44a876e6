#include "config/python/convert.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "config/python/evaluator.h"
#include "config/python/parser.h"
#include "config/python/sets.h"
#include "config/python/text.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

class NodeMaker {
 public:
  explicit NodeMaker(Heap* heap) : heap_(heap) {}

  absl::StatusOr<Node> Make(const Value& value, int depth) {
    heap_->Reserve(sizeof(Node));
    if (depth > kMaxValueDepth) heap_->NoteDepth();
    heap_->Spend(1);
    RETURN_IF_ERROR(heap_->Check(value.mark));
    Place place = heap_->PlaceOf(value.mark);
    if (const std::string* text = TextOf(value)) {
      heap_->Reserve(text->size());
      return Node(*text, std::move(place));
    }
    if (const auto* integer = value.get_if<int64_t>()) {
      return Node(*integer, std::move(place));
    }
    if (const auto* real = value.get_if<double>()) {
      return Node(*real, std::move(place));
    }
    if (const auto* flag = value.get_if<bool>()) {
      return Node(*flag, std::move(place));
    }
    if (value.is_none()) return Node(Node::None(), std::move(place));
    if (const List* list = value.get<List>()) {
      Node::List items;
      items.reserve(list->items.size());
      for (const Value& item : list->items) {
        ASSIGN_OR_RETURN(Node node, Make(item, depth + 1));
        items.push_back(std::move(node));
      }
      Node node(std::move(items), std::move(place));
      if (list->is_tuple) node.list_kind = ListKind::kTuple;
      return node;
    }
    if (const Dict* dict = value.get<Dict>()) {
      return MakeMap(*dict, std::move(place), depth);
    }
    if (const Set* set = value.get<Set>()) {
      Node::List items;
      for (const Table::Slot& slot : set->table.slots) {
        ASSIGN_OR_RETURN(Node node, Make(slot.key, depth + 1));
        items.push_back(std::move(node));
      }
      Node node(std::move(items), std::move(place));
      node.list_kind = ListKind::kSet;
      return node;
    }
    if (const Imported* imported = value.get<const Imported>()) {
      return Node(imported->dotted(), std::move(place));
    }
    return heap_->Error(
        value.mark,
        absl::StrCat(
            "a ", TypeName(value), " can't stay in a config",
            value.get<const Range>() ? "; write list(range(...))" : ""));
  }

 private:
  absl::StatusOr<Node> MakeMap(const Dict& dict, Place place, int depth) {
    Node::Map map;
    map.reserve(dict.table.slots.size());
    bool has_other_keys = false;
    for (const Table::Slot& slot : dict.table.slots) {
      ASSIGN_OR_RETURN(Node node, Make(slot.value, depth + 1));
      const std::string* text = TextOf(slot.key);
      has_other_keys |= text == nullptr;
      map.push_back({text ? *text : Repr(slot.key, heap_),
                     heap_->PlaceOf(slot.mark), std::move(node),
                     text != nullptr});
    }
    if (has_other_keys) {
      std::set<absl::string_view> keys;
      for (const Node::Entry& entry : map) {
        if (keys.insert(entry.key).second) continue;
        return ErrorAt(entry.place,
                       absl::StrCat("a dict with both ", entry.key, " and \"",
                                    entry.key, "\" as keys"));
      }
    }
    return Node(std::move(map), std::move(place));
  }

  Heap* heap_;
};

// A key that is no string was written by Repr().
absl::StatusOr<Value> KeyOf(const Node::Entry& entry, Mark mark, Heap* heap) {
  if (entry.is_string_key) return heap->NewText(entry.key, mark);
  const Source source{entry.key, entry.place.origin, mark.file};
  ASSIGN_OR_RETURN(const Block block, Parse(source));
  const auto* statement =
      block.size() == 1 ? block[0].get_if<Evaluate>() : nullptr;
  if (statement == nullptr) {
    return ErrorAt(entry.place, absl::StrCat("no key: ", entry.key));
  }
  Names none;
  ASSIGN_OR_RETURN(Value key,
                   Evaluator(heap, &none).Evaluate(*statement->value));
  key.mark = mark;
  return key;
}

Mark MarkOf(const Place& place, Heap* heap) {
  return Mark{heap->AddFile(place.origin, place.history), place.line,
              place.column};
}

absl::StatusOr<Value> FromNodeAt(const Node& node, int depth, Heap* heap) {
  const Mark mark = MarkOf(node.place, heap);
  heap->Spend(1);
  if (depth > kMaxValueDepth) heap->NoteDepth();
  RETURN_IF_ERROR(heap->Check(mark));
  if (const auto* text = node.get_if<std::string>()) {
    return heap->NewText(*text, mark);
  }
  if (const auto* integer = node.get_if<int64_t>()) {
    return Value(*integer, mark);
  }
  if (const auto* real = node.get_if<double>()) return Value(*real, mark);
  if (const auto* flag = node.get_if<bool>()) return Value(*flag, mark);
  if (const auto* list = node.get_if<Node::List>()) {
    std::vector<Value> items;
    items.reserve(list->size());
    for (const Node& item : *list) {
      ASSIGN_OR_RETURN(const Value value, FromNodeAt(item, depth + 1, heap));
      items.push_back(value);
    }
    if (node.list_kind == ListKind::kTuple) {
      return heap->NewTuple(std::move(items), mark);
    }
    if (node.list_kind == ListKind::kList) {
      return heap->NewList(std::move(items), mark);
    }
    Set* set = heap->New<Set>();
    RETURN_IF_ERROR(AddToSet(items, set, mark, heap));
    return Value(set, mark);
  }
  const auto* map = node.get_if<Node::Map>();
  if (map == nullptr) return Value(None(), mark);
  Dict* dict = heap->New<Dict>();
  dict->is_config_dict = true;
  dict->table.slots.reserve(map->size());
  for (const Node::Entry& entry : *map) {
    const Mark key_mark = MarkOf(entry.place, heap);
    ASSIGN_OR_RETURN(const Value key, KeyOf(entry, key_mark, heap));
    ASSIGN_OR_RETURN(const Value value,
                     FromNodeAt(entry.value, depth + 1, heap));
    dict->table.Set(key, value, key_mark, heap);
  }
  return Value(dict, mark);
}

Value AsConfigAt(const Value& value, int depth, Heap* heap) {
  if (depth > kMaxValueDepth) heap->NoteDepth();
  if (depth > kMaxValueDepth || !heap->Spend(1)) return value;
  if (const List* list = value.get<List>()) {
    std::vector<Value> items;
    items.reserve(list->items.size());
    for (const Value& item : list->items) {
      items.push_back(AsConfigAt(item, depth + 1, heap));
    }
    return list->is_tuple ? heap->NewTuple(std::move(items), value.mark)
                          : heap->NewList(std::move(items), value.mark);
  }
  const Dict* dict = value.get<Dict>();
  if (dict == nullptr) return value;
  Dict* copy = heap->New<Dict>();
  copy->is_config_dict = true;
  copy->table.slots.reserve(dict->table.slots.size());
  for (const Table::Slot& slot : dict->table.slots) {
    copy->table.Set(slot.key, AsConfigAt(slot.value, depth + 1, heap),
                    slot.mark, heap);
  }
  return Value(copy, value.mark);
}

}  // namespace

absl::StatusOr<Node> ToNode(const Value& value, Heap* heap) {
  return NodeMaker(heap).Make(value, 0);
}

absl::StatusOr<Node> ToNode(const Names& names,
                            const std::set<std::string>& left_out, Mark mark,
                            Heap* heap) {
  Node::Map map;
  for (const Names::Variable& variable : names.variables()) {
    const Value& value = variable.value;
    const bool is_left_out =
        !variable.is_there || absl::StartsWith(variable.name, "__") ||
        value.get<const Function>() || value.get<const Module>() ||
        left_out.count(variable.name) > 0;
    if (is_left_out) continue;
    ASSIGN_OR_RETURN(Node node, NodeMaker(heap).Make(value, 1));
    map.push_back(
        {variable.name, heap->PlaceOf(variable.mark), std::move(node)});
  }
  return Node(std::move(map), heap->PlaceOf(mark));
}

absl::StatusOr<Value> FromNode(const Node& node, Heap* heap) {
  return FromNodeAt(node, 0, heap);
}

Value AsConfig(const Value& value, Heap* heap) {
  return AsConfigAt(value, 0, heap);
}

}  // namespace anneal::config::python
