#include "utils/value.h"

#include <cmath>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace anneal {
namespace {

absl::Status WrongKind(absl::string_view path, absl::string_view expected,
                       const Value& value) {
  return absl::InvalidArgumentError(absl::StrCat(
      path, ": expected ", expected, ", found ", value.type_name()));
}

// The value as a T, or an error that says `expected`.
template <typename T>
absl::StatusOr<T> Get(const Value& value, absl::string_view path,
                      absl::string_view expected) {
  if (const T* content = value.get_if<T>()) return *content;
  return WrongKind(path, expected, value);
}

bool SameBits(const at::Tensor& a, const at::Tensor& b) {
  if (a.defined() != b.defined()) return false;
  if (!a.defined()) return true;
  if (a.scalar_type() != b.scalar_type() || a.sizes() != b.sizes()) {
    return false;
  }
  const at::Tensor x = a.detach().cpu().contiguous();
  const at::Tensor y = b.detach().cpu().contiguous();
  return x.nbytes() == 0 ||
         std::memcmp(x.const_data_ptr(), y.const_data_ptr(), x.nbytes()) == 0;
}

}  // namespace

Dict::Dict() = default;
Dict::Dict(const Dict&) = default;
Dict::Dict(Dict&&) noexcept = default;
Dict& Dict::operator=(const Dict&) = default;
Dict& Dict::operator=(Dict&&) noexcept = default;
Dict::~Dict() = default;

Dict::Dict(std::initializer_list<Item> items) {
  for (const Item& item : items) Set(item.first, item.second);
}

Value& Dict::operator[](absl::string_view key) {
  auto [it, inserted] = index_.try_emplace(std::string(key), items_.size());
  if (inserted) items_.emplace_back(std::string(key), Value());
  return items_[it->second].second;
}

Value& Dict::operator[](int64_t key) {
  auto [it, inserted] = index_.try_emplace(key, items_.size());
  if (inserted) items_.emplace_back(key, Value());
  return items_[it->second].second;
}

const Value* Dict::Find(absl::string_view key) const {
  return FindKey(Key(std::string(key)));
}

const Value* Dict::Find(int64_t key) const { return FindKey(Key(key)); }

const Value* Dict::FindKey(const Key& key) const {
  auto it = index_.find(key);
  return it == index_.end() ? nullptr : &items_[it->second].second;
}

void Dict::Set(Key key, Value value) {
  auto [it, inserted] = index_.try_emplace(key, items_.size());
  if (inserted) {
    items_.emplace_back(std::move(key), std::move(value));
  } else {
    items_[it->second].second = std::move(value);
  }
}

void Dict::Erase(const Key& key) {
  auto it = index_.find(key);
  if (it == index_.end()) return;
  const size_t position = it->second;
  index_.erase(it);
  items_.erase(items_.begin() + position);
  for (auto& [other, index] : index_) {
    if (index > position) --index;
  }
}

size_t Dict::size() const { return items_.size(); }
std::vector<Dict::Item>::const_iterator Dict::begin() const {
  return items_.begin();
}
std::vector<Dict::Item>::const_iterator Dict::end() const {
  return items_.end();
}

std::string KeyString(const Dict::Key& key) {
  if (const auto* text = std::get_if<std::string>(&key)) return *text;
  return absl::StrCat(std::get<int64_t>(key));
}

absl::StatusOr<int64_t> Value::AsInt(absl::string_view path) const {
  if (const auto* integer = get_if<int64_t>()) return *integer;
  if (const auto* real = get_if<double>()) {
    if (*real == std::trunc(*real) && std::abs(*real) < 0x1p53) {
      return static_cast<int64_t>(*real);
    }
  }
  return WrongKind(path, "an integer", *this);
}

absl::StatusOr<double> Value::AsReal(absl::string_view path) const {
  if (const auto* real = get_if<double>()) return *real;
  if (const auto* integer = get_if<int64_t>()) return *integer;
  return WrongKind(path, "a number", *this);
}

absl::StatusOr<bool> Value::AsBool(absl::string_view path) const {
  return Get<bool>(*this, path, "a bool");
}

absl::StatusOr<std::string> Value::AsString(absl::string_view path) const {
  return Get<std::string>(*this, path, "a string");
}

absl::StatusOr<at::Tensor> Value::AsTensor(absl::string_view path) const {
  return Get<at::Tensor>(*this, path, "a tensor");
}

absl::StatusOr<const Dict*> Value::AsDict(absl::string_view path) const {
  if (const auto* dict = get_if<Dict>()) return dict;
  return WrongKind(path, "a dict", *this);
}

absl::StatusOr<const Value::List*> Value::AsList(absl::string_view path) const {
  if (const auto* list = get_if<List>()) return list;
  return WrongKind(path, "a list", *this);
}

std::string Value::type_name() const {
  struct Name {
    std::string operator()(None) { return "None"; }
    std::string operator()(bool) { return "bool"; }
    std::string operator()(int64_t) { return "int"; }
    std::string operator()(double) { return "float"; }
    std::string operator()(const std::string&) { return "str"; }
    std::string operator()(const Bytes&) { return "bytes"; }
    std::string operator()(const at::Tensor&) { return "Tensor"; }
    std::string operator()(const List&) { return "list"; }
    std::string operator()(const Dict&) { return "dict"; }
    std::string operator()(const std::shared_ptr<const ValueObject>& object) {
      return object->type_name();
    }
  };
  return std::visit(Name(), data_);
}

std::string Value::DebugString() const {
  struct Print {
    std::string operator()(None) { return "None"; }
    std::string operator()(bool value) { return value ? "True" : "False"; }
    std::string operator()(int64_t value) { return absl::StrCat(value); }
    std::string operator()(double value) { return absl::StrCat(value); }
    std::string operator()(const std::string& value) {
      return absl::StrCat("'", value, "'");
    }
    std::string operator()(const Bytes& value) {
      return absl::StrCat("bytes[", value.data.size(), "]");
    }
    std::string operator()(const at::Tensor& value) {
      if (!value.defined()) return "Tensor()";
      return absl::StrCat("Tensor[", absl::StrJoin(value.sizes(), ", "), "] ",
                          c10::toString(value.scalar_type()));
    }
    std::string operator()(const List& list) {
      return absl::StrCat(
          "[",
          absl::StrJoin(list, ", ",
                        [](std::string* out, const Value& value) {
                          absl::StrAppend(out, value.DebugString());
                        }),
          "]");
    }
    std::string operator()(const Dict& dict) {
      return absl::StrCat(
          "{",
          absl::StrJoin(dict, ", ",
                        [](std::string* out, const Dict::Item& item) {
                          const bool quoted =
                              std::holds_alternative<std::string>(item.first);
                          const char* quote = quoted ? "'" : "";
                          absl::StrAppend(out, quote, KeyString(item.first),
                                          quote, ": ",
                                          item.second.DebugString());
                        }),
          "}");
    }
    std::string operator()(const std::shared_ptr<const ValueObject>& object) {
      return object->ToValue().DebugString();
    }
  };
  return std::visit(Print(), data_);
}

Value MapTensors(const Value& value,
                 absl::FunctionRef<at::Tensor(const at::Tensor&)> fn) {
  if (const auto* tensor = value.get_if<at::Tensor>()) {
    return tensor->defined() ? fn(*tensor) : *tensor;
  }
  if (const auto* list = value.get_if<Value::List>()) {
    Value::List mapped;
    mapped.reserve(list->size());
    for (const Value& item : *list) mapped.push_back(MapTensors(item, fn));
    return mapped;
  }
  if (const auto* dict = value.get_if<Dict>()) {
    Dict mapped;
    for (const auto& [key, item] : *dict) mapped.Set(key, MapTensors(item, fn));
    return mapped;
  }
  if (const auto* object = value.get_if<std::shared_ptr<const ValueObject>>()) {
    if (auto mapped = (*object)->MapTensors(fn)) return mapped;
  }
  return value;
}

bool BitIdentical(const Value& a, const Value& b) {
  if (const auto* object = a.get_if<std::shared_ptr<const ValueObject>>()) {
    return BitIdentical((*object)->ToValue(), b);
  }
  if (b.get_if<std::shared_ptr<const ValueObject>>()) return BitIdentical(b, a);
  if (const auto* x = a.get_if<at::Tensor>()) {
    const auto* y = b.get_if<at::Tensor>();
    return y && SameBits(*x, *y);
  }
  if (const auto* x = a.get_if<double>()) {
    const auto* y = b.get_if<double>();
    return y && std::memcmp(x, y, sizeof(double)) == 0;
  }
  if (const auto* x = a.get_if<Value::List>()) {
    const auto* y = b.get_if<Value::List>();
    if (!y || x->size() != y->size()) return false;
    for (size_t i = 0; i < x->size(); ++i) {
      if (!BitIdentical((*x)[i], (*y)[i])) return false;
    }
    return true;
  }
  if (const auto* x = a.get_if<Dict>()) {
    const auto* y = b.get_if<Dict>();
    if (!y || x->size() != y->size()) return false;
    auto other = y->begin();
    for (const auto& [key, value] : *x) {
      if (key != other->first || !BitIdentical(value, other->second)) {
        return false;
      }
      ++other;
    }
    return true;
  }
  if (const auto* x = a.get_if<Value::Bytes>()) {
    const auto* y = b.get_if<Value::Bytes>();
    return y && *x == *y;
  }
  // None, bool, integer and string print all that they are.
  return a.type_name() == b.type_name() && a.DebugString() == b.DebugString();
}

absl::StatusOr<const Value*> Require(const Dict& dict, absl::string_view key,
                                     absl::string_view path) {
  if (const Value* value = dict.Find(key)) return value;
  return absl::NotFoundError(absl::StrCat(
      path, ": no \"", key, "\"; it has: ",
      absl::StrJoin(dict, ", ", [](std::string* out, const Dict::Item& item) {
        absl::StrAppend(out, KeyString(item.first));
      })));
}

}  // namespace anneal
