// What expressions of a `.py` config give.
#ifndef ANNEAL_CONFIG_PYTHON_VALUE_H_
#define ANNEAL_CONFIG_PYTHON_VALUE_H_

#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "config/python/mark.h"

namespace anneal::config::python {

struct Text;
struct List;
struct Table;
struct Set;
struct Dict;
struct Range;
struct Imported;
struct Function;
struct Module;
class Heap;

struct None {};

// A Python value. Lists, sets and dicts are references, as in Python: a copy of
// a Value is another name for the same list. All but scalars live in a Heap.
struct Value {
  std::variant<None, bool, int64_t, double, const Text*, List*, Set*, Dict*,
               const Range*, const Imported*, const Function*, const Module*>
      content;
  // Where it was written; it goes with the value through variables.
  Mark mark;

  Value() = default;
  template <typename T>
  Value(T content, Mark mark) : content(content), mark(mark) {}

  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&content);
  }
  bool is_none() const { return std::holds_alternative<None>(content); }
  // The object behind a reference, or null.
  template <typename T>
  T* get() const {
    T* const* reference = std::get_if<T*>(&content);
    return reference ? *reference : nullptr;
  }
};

// Whatever a Heap owns.
struct Object {
  virtual ~Object() = default;
};

struct Text : Object {
  explicit Text(std::string text) : text(std::move(text)) {}
  std::string text;  // UTF-8
};

struct List : Object {
  std::vector<Value> items;
  bool is_tuple = false;
};

// Keys with values, in order of insertion.
struct Table {
  struct Slot {
    Value key;
    Value value;
    Mark mark;  // of the key
  };

  Slot* Find(const Value& key, Heap* heap);
  void Set(const Value& key, const Value& value, Mark mark, Heap* heap);
  bool Erase(const Value& key, Heap* heap);
  void Clear();

  std::vector<Slot> slots;

 private:
  void BuildIndex(Heap* heap);

  // Hash -> positions; empty while a search is as fast.
  std::unordered_multimap<uint64_t, size_t> index_;
};

struct Set : Object {
  Table table;
};

struct Dict : Object {
  Table table;
  // mmengine's ConfigDict: keys are attributes too, `update` merges. Whatever
  // comes from a base is one.
  bool is_config_dict = false;
};

struct Range : Object {
  int64_t start, stop, step;
  int64_t size() const;
  // The i-th item; 0 <= i < size().
  int64_t at(int64_t i) const;
};

// A name that a lazy config imports, or an attribute of it. Nothing is imported
// in fact.
struct Imported : Object {
  std::string module;
  std::string name;
  // `import a.b`: attributes keep its module.
  bool is_module = false;

  // "torch.optim.SGD", as mmengine's to_dict() has it.
  std::string dotted() const;
};

// Arguments of a call.
struct Call {
  struct Keyword {
    std::string name;
    Mark mark;
    Value value;
  };

  Heap* heap;
  Mark mark;
  Value self;  // of a method
  std::vector<Value> arguments;
  std::vector<Keyword> keywords;
  absl::string_view name;  // what is called, for messages
};

// What a builtin function does.
using Native = absl::StatusOr<Value> (*)(const Call&);

struct Function : Object {
  std::string name;
  // Null for what only isinstance() takes.
  Native native = nullptr;
  Value self;  // of a bound method
};

// math, copy, os.path: their attributes are in modules.h.
struct Module : Object {
  std::string name;
};

// "int", "list", "ConfigDict", as Python's type names.
absl::string_view TypeName(const Value& value);

bool Truth(const Value& value);

// Python's ==. What is too deep or too large spends the heap's budget, and the
// answer is false.
bool Equal(const Value& a, const Value& b, Heap* heap);

// Python's `is`, where scalars are the same if they are equal.
bool Same(const Value& a, const Value& b);

// An int, a float or a bool.
bool IsNumber(const Value& value);
// Of a number.
double AsReal(const Value& value);
// An int or a bool.
bool IsInteger(const Value& value);
int64_t AsInteger(const Value& value);

// Whether it can be a key: no list, set or dict in it.
bool IsHashable(const Value& value, Heap* heap);

// The text of a str, or null.
const std::string* TextOf(const Value& value);

}  // namespace anneal::config::python

#endif  // ANNEAL_CONFIG_PYTHON_VALUE_H_
