// The one shape of state: what state_dict() returns, LoadStateDict() takes and
// the checkpoint formats read and write.
#ifndef ANNEAL_UTILS_VALUE_H_
#define ANNEAL_UTILS_VALUE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

class Value;

// An ordered dictionary, as Python's dict: iteration is in order of insertion,
// lookup is O(1). Keys are strings or integers (torch.optim's state is keyed
// by integers).
class Dict {
 public:
  using Key = std::variant<std::string, int64_t>;
  using Item = std::pair<Key, Value>;

  Dict();
  Dict(std::initializer_list<Item> items);
  Dict(const Dict&);
  Dict(Dict&&) noexcept;
  Dict& operator=(const Dict&);
  Dict& operator=(Dict&&) noexcept;
  ~Dict();

  // The value of `key`, inserted as None where it was absent.
  Value& operator[](absl::string_view key);
  Value& operator[](int64_t key);

  // The value of `key`, or null. Stays valid until the next insertion.
  const Value* Find(absl::string_view key) const;
  const Value* Find(int64_t key) const;
  const Value* FindKey(const Key& key) const;

  // Sets `key`, at the end where it was absent.
  void Set(Key key, Value value);

  // Removes `key` if present, in O(size()).
  void Erase(const Key& key);

  size_t size() const;
  bool empty() const { return size() == 0; }
  std::vector<Item>::const_iterator begin() const;
  std::vector<Item>::const_iterator end() const;

 private:
  std::vector<Item> items_;
  absl::flat_hash_map<Key, size_t> index_;
};

// The text of a key for messages: `lr`, `3`.
std::string KeyString(const Dict::Key& key);

// A data element behind a Value (structures/): immutable, shared.
class ValueObject {
 public:
  virtual ~ValueObject() = default;
  // The class name for messages.
  virtual std::string type_name() const = 0;
  // The plain Value that stands for the object in a file.
  virtual Value ToValue() const = 0;
  // The object with fn's result for every defined tensor in it; null: it holds
  // none. A batch moves its data elements to a device by it.
  virtual std::shared_ptr<const ValueObject> MapTensors(
      absl::FunctionRef<at::Tensor(const at::Tensor&)>) const {
    return nullptr;
  }
};

// One of None, bool, integer, real, string, bytes, tensor, list, dict, object.
// Copies share tensors' storage and objects; all else is deep.
class Value {
 public:
  struct None {
    bool operator==(None) const { return true; }
  };
  struct Bytes {
    std::string data;
    bool operator==(const Bytes& other) const { return data == other.data; }
  };
  using List = std::vector<Value>;

  Value() = default;
  // Of bool itself: a pointer, which converts to it, is no value.
  template <typename T, std::enable_if_t<std::is_same_v<T, bool>, int> = 0>
  Value(T value) : data_(value) {}
  Value(int value) : data_(int64_t{value}) {}
  Value(int64_t value) : data_(value) {}
  Value(double value) : data_(value) {}
  Value(const char* value) : data_(std::string(value)) {}
  Value(absl::string_view value) : data_(std::string(value)) {}
  Value(std::string value) : data_(std::move(value)) {}
  Value(Bytes value) : data_(std::move(value)) {}
  Value(at::Tensor value) : data_(std::move(value)) {}
  Value(List value) : data_(std::move(value)) {}
  Value(Dict value) : data_(std::move(value)) {}
  Value(std::shared_ptr<const ValueObject> value) : data_(std::move(value)) {}

  bool is_none() const { return std::holds_alternative<None>(data_); }

  // The content if it is a T, else null. T is bool, int64_t, double,
  // std::string, Bytes, at::Tensor, List, Dict or
  // std::shared_ptr<const ValueObject>.
  template <typename T>
  const T* get_if() const {
    return std::get_if<T>(&data_);
  }
  template <typename T>
  T* get_if() {
    return std::get_if<T>(&data_);
  }

  // The integer, or a real with an integral value, as int64_t; `path` names
  // the place in the error. InvalidArgument for another kind.
  absl::StatusOr<int64_t> AsInt(absl::string_view path) const;
  // The real or integer as double.
  absl::StatusOr<double> AsReal(absl::string_view path) const;
  absl::StatusOr<bool> AsBool(absl::string_view path) const;
  absl::StatusOr<std::string> AsString(absl::string_view path) const;
  absl::StatusOr<at::Tensor> AsTensor(absl::string_view path) const;
  absl::StatusOr<const Dict*> AsDict(absl::string_view path) const;
  absl::StatusOr<const List*> AsList(absl::string_view path) const;

  // "None", "bool", "int", "float", "str", "bytes", "Tensor", "list", "dict"
  // or the object's class: Python's names, for messages.
  std::string type_name() const;

  // A short one-line text for messages and dumps: `{'lr': 0.1, 'w':
  // Tensor[2, 3] float}`. Tensors are described, not printed.
  std::string DebugString() const;

 private:
  std::variant<None, bool, int64_t, double, std::string, Bytes, at::Tensor,
               List, Dict, std::shared_ptr<const ValueObject>>
      data_;
};

// `value` with fn's result for every defined tensor in it, also inside lists,
// dicts and objects.
Value MapTensors(const Value& value,
                 absl::FunctionRef<at::Tensor(const at::Tensor&)> fn);

// Whether both hold the same structure and the same bits: tensors are equal in
// dtype, shape and every byte (so NaN equals the same NaN), objects by
// ToValue().
bool BitIdentical(const Value& a, const Value& b);

// `dict[key]`, or NotFound that names `path` and lists the keys there are.
absl::StatusOr<const Value*> Require(const Dict& dict, absl::string_view key,
                                     absl::string_view path);

}  // namespace anneal

#endif  // ANNEAL_UTILS_VALUE_H_
