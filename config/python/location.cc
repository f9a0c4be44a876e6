#include "config/python/location.h"

#include <utility>
#include <vector>

#include "config/python/attributes.h"
#include "config/python/items.h"
#include "utils/status_macros.h"

namespace anneal::config::python {

absl::StatusOr<Value> Load(const Location &location, Mark mark, Heap *heap) {
  if (location.attribute != nullptr) {
    return GetAttribute(location.object, *location.attribute, mark, heap);
  }
  if (location.is_slice) {
    return GetSlice(location.object, location.start, location.stop,
                    location.step, mark, heap);
  }
  return GetItem(location.object, location.index, mark, heap);
}

absl::Status Store(const Location &location, const Value &value, Mark mark,
                   Names *names, Heap *heap) {
  if (location.name != nullptr) {
    names->Set(*location.name, value, mark);
    return absl::OkStatus();
  }
  if (location.attribute != nullptr) {
    return SetAttribute(location.object, *location.attribute, value, mark,
                        heap);
  }
  if (location.is_slice) {
    ASSIGN_OR_RETURN(std::vector<Value> values, ItemsOf(value, mark, heap));
    return SetSlice(location.object, location.start, location.stop,
                    location.step, std::move(values), mark, heap);
  }
  return SetItem(location.object, location.index, value, mark, heap);
}

absl::Status Remove(const Location &location, Mark mark, Heap *heap) {
  if (location.attribute != nullptr) {
    return DeleteAttribute(location.object, *location.attribute, mark, heap);
  }
  if (location.is_slice) {
    return SetSlice(location.object, location.start, location.stop,
                    location.step, {}, mark, heap);
  }
  return DeleteItem(location.object, location.index, mark, heap);
}

}  // namespace anneal::config::python
