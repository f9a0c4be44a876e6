// The memory and the budget of reading one config and its bases.
#ifndef ANNEAL_CONFIG_PYTHON_HEAP_H_
#define ANNEAL_CONFIG_PYTHON_HEAP_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "config/node.h"
#include "config/python/mark.h"
#include "config/python/value.h"

namespace anneal::config::python {

// Steps are expressions, statements and values looked at; a published config
// takes some thousands. An object made is one too.
inline constexpr int64_t kMaxSteps = 250000;
// Bytes of all values together, also of those no longer used.
inline constexpr int64_t kMaxBytes = int64_t{48} << 20;
// Bytes of one str.
inline constexpr int64_t kMaxText = int64_t{1} << 20;
// Bytes that take as long to look at as a step.
inline constexpr int64_t kBytesPerStep = 512;
// Values inside each other, and calls inside each other.
inline constexpr int kMaxValueDepth = 100;

// Owns all values until it goes, so that a config may tie them in circles.
class Heap {
 public:
  // A number for the marks of a file, the same for the same pointers. `history`
  // is that of a value's Place.
  int32_t AddFile(std::shared_ptr<const std::string> path,
                  std::shared_ptr<const std::string> history = nullptr);

  Place PlaceOf(const Mark& mark) const;
  // "file:line:col: message".
  absl::Status Error(const Mark& mark, absl::string_view message) const;

  // Takes from the budget of steps; false once it is gone.
  bool Spend(int64_t steps) { return (steps_left_ -= steps) >= 0; }
  // The same for looking at bytes that are there already.
  bool SpendBytes(int64_t bytes) { return Spend(bytes / kBytesPerStep); }
  // For a search of `part` bytes in `whole`: at worst all of them are compared
  // at each position.
  bool SpendSearch(int64_t whole, int64_t part);
  // Takes bytes from the budget, at best before they are taken from the
  // machine; false where they are too many.
  bool Reserve(int64_t bytes);
  // Notes that values are inside each other beyond kMaxValueDepth.
  void NoteDepth() { is_too_deep_ = true; }
  // An error if a budget is gone.
  absl::Status Check(const Mark& mark) const {
    if (steps_left_ >= 0 && bytes_left_ >= 0 && !is_too_deep_) {
      return absl::OkStatus();
    }
    return Exhausted(mark);
  }

  Value NewText(std::string text, Mark mark);
  Value NewList(std::vector<Value> items, Mark mark);
  Value NewTuple(std::vector<Value> items, Mark mark);
  template <typename T>
  T* New() {
    return Own(std::make_unique<T>());
  }

 private:
  template <typename T>
  T* Own(std::unique_ptr<T> object) {
    bytes_left_ -= sizeof(T) + 2 * sizeof(void*);
    --steps_left_;
    T* raw = object.get();
    objects_.push_back(std::move(object));
    return raw;
  }
  Value NewSequence(std::vector<Value> items, bool is_tuple, Mark mark);
  absl::Status Exhausted(const Mark& mark) const;

  // Without lines.
  std::vector<Place> files_;
  std::map<std::pair<const std::string*, const std::string*>, int32_t> numbers_;
  std::vector<std::unique_ptr<Object>> objects_;
  int64_t steps_left_ = kMaxSteps;
  int64_t bytes_left_ = kMaxBytes;
  bool is_too_deep_ = false;
};

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_HEAP_H_
