#include "config/python/heap.h"

namespace anneal::config::python {

int32_t Heap::AddFile(std::shared_ptr<const std::string> path,
                      std::shared_ptr<const std::string> history) {
  const auto [it, is_new] =
      numbers_.emplace(std::pair(path.get(), history.get()), files_.size());
  if (is_new) {
    Place place;
    place.origin = std::move(path);
    place.history = std::move(history);
    files_.push_back(std::move(place));
  }
  return it->second;
}

Place Heap::PlaceOf(const Mark& mark) const {
  if (mark.file < 0) return Place();
  Place place = files_[mark.file];
  place.line = mark.line;
  place.column = mark.column;
  return place;
}

absl::Status Heap::Error(const Mark& mark, absl::string_view message) const {
  return ErrorAt(PlaceOf(mark), message);
}

bool Heap::Reserve(int64_t bytes) {
  if (bytes > bytes_left_) {
    bytes_left_ = -1;
    return false;
  }
  bytes_left_ -= bytes;
  // Bytes take time too.
  return Spend(bytes / 128);
}

bool Heap::SpendSearch(int64_t whole, int64_t part) {
  if (part > whole) return SpendBytes(part);
  return SpendBytes(whole + (whole - part + 1) * part);
}

absl::Status Heap::Exhausted(const Mark& mark) const {
  if (is_too_deep_) {
    return Error(mark, "values are nested too deeply, or in a circle");
  }
  return Error(mark, steps_left_ < 0
                         ? "too much to compute for a config: more than "
                           "250,000 steps"
                         : "too large for a config: one string is longer than "
                           "1 MiB, or all values together than 48 MiB");
}

Value Heap::NewText(std::string text, Mark mark) {
  Reserve(static_cast<int64_t>(text.size()) <= kMaxText ? text.size()
                                                        : kMaxBytes + 1);
  return Value(
      static_cast<const Text*>(Own(std::make_unique<Text>(std::move(text)))),
      mark);
}

Value Heap::NewSequence(std::vector<Value> items, bool is_tuple, Mark mark) {
  Reserve(items.size() * sizeof(Value));
  List* list = New<List>();
  list->items = std::move(items);
  list->is_tuple = is_tuple;
  return Value(list, mark);
}

Value Heap::NewList(std::vector<Value> items, Mark mark) {
  return NewSequence(std::move(items), false, mark);
}

Value Heap::NewTuple(std::vector<Value> items, Mark mark) {
  return NewSequence(std::move(items), true, mark);
}

}  // namespace anneal::config::python
