#include "fileio/pickle_reader.h"

#include <ATen/ops/as_strided.h>

#include <cstring>
#include <limits>
#include <map>
#include <memory>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/strip.h"
#include "fileio/little_endian.h"
#include "fileio/torch_storage.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

constexpr int kMaxDepth = 100;
constexpr int64_t kMaxNodes = 10000000;
constexpr int64_t kMaxRank = 64;

// What the stack machine works on: shared, since the memo may name a list
// before its items are appended.
struct Object;
using Ref = std::shared_ptr<Object>;

struct Mark {};
struct None {};
struct Global {
  std::string name;  // "module.name"
};
struct List {
  enum Kind { kList, kTuple, kSet } kind = kList;
  std::vector<Ref> items;
};
struct Map {
  std::vector<std::pair<Ref, Ref>> items;
};
struct Storage {
  at::Tensor elements;
};
// What an unknown global was called with.
struct Inert {
  std::string name;
  Ref args;
  Ref state;
};

struct Object {
  std::variant<Mark, None, bool, int64_t, double, std::string, Value::Bytes,
               Global, List, Map, Storage, at::Tensor, Inert>
      data;

  template <typename T>
  T* get_if() {
    return std::get_if<T>(&data);
  }
};

template <typename T>
Ref Make(T data) {
  return std::make_shared<Object>(Object{std::move(data)});
}

// Protocol 2 writes Python 2's module names.
std::string Modern(std::string name) {
  constexpr absl::string_view kOld = "__builtin__.";
  if (absl::StartsWith(name, kOld)) {
    name = absl::StrCat("builtins.", name.substr(kOld.size()));
  }
  return name;
}

class Machine {
 public:
  Machine(absl::string_view bytes, const StorageLoader& storages)
      : bytes_(bytes), storages_(storages) {}

  absl::StatusOr<PickleResult> Run() {
    absl::StatusOr<Ref> root = Interpret();
    if (!root.ok()) return Located(root.status());
    absl::StatusOr<Value> value = ToValue(*root, 0);
    if (!value.ok()) return Located(value.status());
    return PickleResult{*std::move(value), position_};
  }

 private:
  absl::Status Located(const absl::Status& status) const {
    return absl::Status(status.code(),
                        absl::StrCat("pickle, byte ", opcode_position_, ": ",
                                     status.message()));
  }
  static absl::Status Bad(absl::string_view what) {
    return absl::InvalidArgumentError(what);
  }

  // Reading.
  absl::StatusOr<absl::string_view> Take(uint64_t n) {
    if (bytes_.size() - position_ < n) {
      return absl::DataLossError(
          "it ends inside a value; the file is "
          "truncated or damaged");
    }
    const absl::string_view taken = bytes_.substr(position_, n);
    position_ += n;
    return taken;
  }
  absl::StatusOr<uint64_t> TakeInt(int n) {
    ASSIGN_OR_RETURN(const absl::string_view taken, Take(n));
    return LoadLittleEndian(taken.data(), n);
  }
  absl::StatusOr<std::string> TakeLine() {
    const size_t end = bytes_.find('\n', position_);
    if (end == bytes_.npos) return Bad("a line does not end");
    std::string line(bytes_.substr(position_, end - position_));
    position_ = end + 1;
    return line;
  }

  // The stack.
  void Push(Ref ref) { stack_.push_back(std::move(ref)); }
  absl::StatusOr<Ref> Pop() {
    if (stack_.empty() || stack_.back()->get_if<Mark>()) {
      return Bad("the stack is empty");
    }
    Ref top = std::move(stack_.back());
    stack_.pop_back();
    return top;
  }
  absl::StatusOr<std::vector<Ref>> PopToMark() {
    size_t begin = stack_.size();
    while (begin > 0 && !stack_[begin - 1]->get_if<Mark>()) --begin;
    if (begin == 0) return Bad("no mark on the stack");
    std::vector<Ref> items(stack_.begin() + begin, stack_.end());
    stack_.resize(begin - 1);
    return items;
  }
  absl::StatusOr<Ref> Top() {
    if (stack_.empty()) return Bad("the stack is empty");
    return stack_.back();
  }

  absl::StatusOr<Ref> Interpret() {
    while (true) {
      opcode_position_ = position_;
      if (++steps_ > kMaxNodes) return Bad("more than ten million steps");
      ASSIGN_OR_RETURN(const uint64_t opcode, TakeInt(1));
      if (opcode == '.') return Pop();
      RETURN_IF_ERROR(Step(static_cast<unsigned char>(opcode)));
    }
  }

  absl::Status Step(unsigned char opcode) {
    switch (opcode) {
      case 0x80: {  // PROTO
        ASSIGN_OR_RETURN(const uint64_t protocol, TakeInt(1));
        if (protocol == 2) return absl::OkStatus();
        return Bad(absl::StrCat("protocol ", protocol,
                                "; torch.save writes protocol 2"));
      }
      case '(':
        Push(Make(Mark()));
        return absl::OkStatus();
      case 'N':
        Push(Make(None()));
        return absl::OkStatus();
      case 0x88:
        Push(Make(true));
        return absl::OkStatus();
      case 0x89:
        Push(Make(false));
        return absl::OkStatus();
      case 'J': {  // BININT: signed
        ASSIGN_OR_RETURN(const uint64_t value, TakeInt(4));
        Push(Make(int64_t{static_cast<int32_t>(value)}));
        return absl::OkStatus();
      }
      case 'K':
        return PushUnsigned(1);
      case 'M':
        return PushUnsigned(2);
      case 0x8a:
        return PushLong();
      case 'G':
        return PushReal();
      case 'X':
        return PushText(4);
      case 'U':  // SHORT_BINSTRING
        return PushText(1);
      case '}':
        Push(Make(Map()));
        return absl::OkStatus();
      case ']':
        Push(Make(List()));
        return absl::OkStatus();
      case 0x8f:
        Push(Make(List{List::kSet, {}}));
        return absl::OkStatus();
      case ')':
        Push(Make(List{List::kTuple, {}}));
        return absl::OkStatus();
      case 't': {
        ASSIGN_OR_RETURN(std::vector<Ref> items, PopToMark());
        Push(Make(List{List::kTuple, std::move(items)}));
        return absl::OkStatus();
      }
      case 0x85:
      case 0x86:
      case 0x87:
        return PushTuple(opcode - 0x84);
      case 'a': {
        ASSIGN_OR_RETURN(Ref item, Pop());
        return AppendTo({std::move(item)});
      }
      case 'e': {
        ASSIGN_OR_RETURN(std::vector<Ref> items, PopToMark());
        return AppendTo(std::move(items));
      }
      case 's': {
        ASSIGN_OR_RETURN(Ref value, Pop());
        ASSIGN_OR_RETURN(Ref key, Pop());
        return SetItems({std::move(key), std::move(value)});
      }
      case 'u': {
        ASSIGN_OR_RETURN(std::vector<Ref> items, PopToMark());
        return SetItems(std::move(items));
      }
      case 'q':
        return Put(1);
      case 'r':
        return Put(4);
      case 'h':
        return Fetch(1);
      case 'j':
        return Fetch(4);
      case 'c': {
        ASSIGN_OR_RETURN(const std::string module, TakeLine());
        ASSIGN_OR_RETURN(const std::string name, TakeLine());
        Push(Make(Global{Modern(absl::StrCat(module, ".", name))}));
        return absl::OkStatus();
      }
      case 'R':
      case 0x81: {  // REDUCE, NEWOBJ
        ASSIGN_OR_RETURN(Ref args, Pop());
        ASSIGN_OR_RETURN(Ref callee, Pop());
        ASSIGN_OR_RETURN(Ref made, Reduce(callee, args));
        Push(std::move(made));
        return absl::OkStatus();
      }
      case 'b': {
        ASSIGN_OR_RETURN(Ref state, Pop());
        return Build(std::move(state));
      }
      case 'Q': {
        ASSIGN_OR_RETURN(Ref id, Pop());
        ASSIGN_OR_RETURN(Ref storage, LoadStorage(id));
        Push(std::move(storage));
        return absl::OkStatus();
      }
      default:
        return Bad(absl::StrFormat(
            "opcode 0x%02x is not among those that weights need; save with "
            "torch.save(state_dict)",
            opcode));
    }
  }

  absl::Status PushUnsigned(int n) {
    ASSIGN_OR_RETURN(const uint64_t value, TakeInt(n));
    Push(Make(static_cast<int64_t>(value)));
    return absl::OkStatus();
  }

  absl::Status PushLong() {
    ASSIGN_OR_RETURN(const uint64_t size, TakeInt(1));
    ASSIGN_OR_RETURN(const absl::string_view digits, Take(size));
    if (size > 8) {
      // torch's legacy magic number is the one long that has no business here.
      Push(Make(Inert{absl::StrCat("int:", digits), nullptr, nullptr}));
      return absl::OkStatus();
    }
    uint64_t value = LoadLittleEndian(digits.data(), static_cast<int>(size));
    const bool negative = size > 0 && (digits.back() & 0x80) != 0;
    if (negative && size < 8) value |= ~uint64_t{0} << (8 * size);
    Push(Make(static_cast<int64_t>(value)));
    return absl::OkStatus();
  }

  absl::Status PushReal() {
    ASSIGN_OR_RETURN(const absl::string_view bytes, Take(8));
    uint64_t bits = 0;
    for (const char c : bytes) bits = bits << 8 | static_cast<unsigned char>(c);
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    Push(Make(value));
    return absl::OkStatus();
  }

  absl::Status PushText(int length_size) {
    ASSIGN_OR_RETURN(const uint64_t size, TakeInt(length_size));
    ASSIGN_OR_RETURN(const absl::string_view text, Take(size));
    Push(Make(std::string(text)));
    return absl::OkStatus();
  }

  absl::Status PushTuple(int n) {
    std::vector<Ref> items(n);
    for (int i = n - 1; i >= 0; --i) {
      ASSIGN_OR_RETURN(items[i], Pop());
    }
    Push(Make(List{List::kTuple, std::move(items)}));
    return absl::OkStatus();
  }

  absl::Status AppendTo(std::vector<Ref> items) {
    ASSIGN_OR_RETURN(Ref target, Top());
    List* list = target->get_if<List>();
    if (list == nullptr || list->kind == List::kTuple) {
      return Bad("items are appended to what is no list");
    }
    for (Ref& item : items) list->items.push_back(std::move(item));
    return absl::OkStatus();
  }

  absl::Status SetItems(std::vector<Ref> items) {
    ASSIGN_OR_RETURN(Ref target, Top());
    Map* map = target->get_if<Map>();
    if (map == nullptr) return Bad("items are set on what is no dict");
    if (items.size() % 2 != 0) return Bad("a key without a value");
    for (size_t i = 0; i < items.size(); i += 2) {
      map->items.emplace_back(items[i], items[i + 1]);
    }
    return absl::OkStatus();
  }

  absl::Status Put(int n) {
    ASSIGN_OR_RETURN(const uint64_t index, TakeInt(n));
    ASSIGN_OR_RETURN(Ref top, Top());
    memo_[index] = std::move(top);
    return absl::OkStatus();
  }

  absl::Status Fetch(int n) {
    ASSIGN_OR_RETURN(const uint64_t index, TakeInt(n));
    auto it = memo_.find(index);
    if (it == memo_.end()) return Bad("the memo has no such entry");
    Push(it->second);
    return absl::OkStatus();
  }

  // Sets the state of the object on top.
  absl::Status Build(Ref state) {
    ASSIGN_OR_RETURN(Ref target, Top());
    // An OrderedDict's attributes (_metadata) say nothing of its items.
    if (target->get_if<Map>() || target->get_if<at::Tensor>()) {
      return absl::OkStatus();
    }
    Inert* inert = target->get_if<Inert>();
    if (inert == nullptr) return Bad("a state is set on what has none");
    inert->state = std::move(state);
    return absl::OkStatus();
  }

  absl::StatusOr<Ref> Reduce(const Ref& callee, const Ref& args) {
    const Global* global = callee->get_if<Global>();
    const List* list = args->get_if<List>();
    if (global == nullptr) return Bad("what is no global is called");
    if (list == nullptr || list->kind != List::kTuple) {
      return Bad("a call's arguments are no tuple");
    }
    const std::string& name = global->name;
    if (name == "collections.OrderedDict" && list->items.empty()) {
      return Make(Map());
    }
    if (name == "torch._utils._rebuild_tensor_v2" ||
        name == "torch._utils._rebuild_tensor_v3") {
      return RebuildTensor(*list);
    }
    if (name == "torch._utils._rebuild_parameter") {
      if (list->items.empty() || !list->items[0]->get_if<at::Tensor>()) {
        return Bad("a parameter without a tensor");
      }
      return list->items[0];
    }
    if (name == "torch.Size" && list->items.size() == 1) return list->items[0];
    if (name == "_codecs.encode") return Encode(*list);
    return Make(Inert{name, args, nullptr});
  }

  // bytes, which protocol 2 writes as a latin-1 text.
  static absl::StatusOr<Ref> Encode(const List& args) {
    const std::string* text =
        args.items.empty() ? nullptr : args.items[0]->get_if<std::string>();
    if (text == nullptr) return Bad("bytes without a text");
    Value::Bytes bytes;
    for (size_t i = 0; i < text->size(); ++i) {
      const auto c = static_cast<unsigned char>((*text)[i]);
      if (c < 0x80) {
        bytes.data += static_cast<char>(c);
      } else if ((c == 0xC2 || c == 0xC3) && i + 1 < text->size()) {
        bytes.data += static_cast<char>((c & 3) << 6 | ((*text)[++i] & 0x3F));
      } else {
        return Bad("bytes that are not latin-1");
      }
    }
    return Make(std::move(bytes));
  }

  // ('storage', StorageClass, key, location, numel[, view])
  absl::StatusOr<Ref> LoadStorage(const Ref& id) {
    const List* list = id->get_if<List>();
    if (list == nullptr || list->items.size() < 5) {
      return Bad("a persistent id that is no storage's");
    }
    const std::string* tag = list->items[0]->get_if<std::string>();
    const Global* type = list->items[1]->get_if<Global>();
    const std::string* key = list->items[2]->get_if<std::string>();
    const int64_t* numel = list->items[4]->get_if<int64_t>();
    if (!tag || *tag != "storage" || !type || !key || !numel || *numel < 0) {
      return Bad("a persistent id that is no storage's");
    }
    if (list->items.size() > 5 && !list->items[5]->get_if<None>()) {
      return Bad(
          "a storage that is a view, as torch before 0.4 wrote; save "
          "the file anew with a newer torch");
    }
    StorageId storage;
    storage.key = *key;
    storage.numel = *numel;
    absl::string_view name = type->name;
    if (name == "torch.storage.UntypedStorage") {
      storage.dtype = at::kByte;
    } else if (absl::ConsumePrefix(&name, "torch.") && StorageDtype(name)) {
      storage.dtype = *StorageDtype(name);
    } else {
      return Bad(absl::StrCat("a storage of type ", type->name,
                              ", which Anneal does not read"));
    }
    ASSIGN_OR_RETURN(at::Tensor elements, storages_(storage));
    return Make(Storage{std::move(elements)});
  }

  static absl::StatusOr<std::vector<int64_t>> Integers(const Ref& ref) {
    const List* list = ref->get_if<List>();
    if (list == nullptr) return Bad("a tensor's shape is no tuple");
    std::vector<int64_t> values;
    for (const Ref& item : list->items) {
      const int64_t* value = item->get_if<int64_t>();
      if (value == nullptr || *value < 0) {
        return Bad("a tensor's shape or stride is no natural number");
      }
      values.push_back(*value);
    }
    return values;
  }

  // (storage, offset, size, stride, requires_grad, hooks[, dtype, ...])
  static absl::StatusOr<Ref> RebuildTensor(const List& args) {
    if (args.items.size() < 5) return Bad("a tensor with too few fields");
    const Storage* storage = args.items[0]->get_if<Storage>();
    const int64_t* offset = args.items[1]->get_if<int64_t>();
    if (!storage || !offset || *offset < 0) {
      return Bad("a tensor without a storage");
    }
    ASSIGN_OR_RETURN(const std::vector<int64_t> sizes, Integers(args.items[2]));
    ASSIGN_OR_RETURN(const std::vector<int64_t> strides,
                     Integers(args.items[3]));
    if (sizes.size() != strides.size() || sizes.size() > kMaxRank) {
      return Bad("a tensor whose size and stride don't fit");
    }
    at::Tensor elements = storage->elements;
    if (args.items.size() > 6 && args.items[6]->get_if<Global>()) {
      return Bad(absl::StrCat("a tensor of ",
                              args.items[6]->get_if<Global>()->name,
                              ", which Anneal does not read"));
    }
    // The last element's index, in arithmetic that can't overflow.
    unsigned __int128 last = *offset;
    bool is_empty = false;
    for (size_t i = 0; i < sizes.size(); ++i) {
      is_empty |= sizes[i] == 0;
      if (sizes[i] > 0) {
        last += static_cast<unsigned __int128>(sizes[i] - 1) * strides[i];
      }
      constexpr auto kMax = std::numeric_limits<int64_t>::max();
      if (last > static_cast<unsigned __int128>(kMax)) {
        return Bad("a tensor reaches out of its storage");
      }
    }
    if (!is_empty && last >= static_cast<uint64_t>(elements.numel())) {
      return Bad("a tensor reaches out of its storage");
    }
    at::Tensor tensor;
    RETURN_IF_ERROR(CatchTorchError([&] {
      tensor = is_empty ? elements.new_empty(sizes)
                        : at::as_strided(elements, sizes, strides, *offset);
    }));
    return Make(std::move(tensor));
  }

  // Conversion; shared objects are copied, so their number is counted again.
  absl::StatusOr<Value> ToValue(const Ref& ref, int depth) {
    if (depth > kMaxDepth) return Bad("nested too deeply");
    if (++nodes_ > kMaxNodes) return Bad("more than ten million values");
    if (const auto* flag = ref->get_if<bool>()) return Value(*flag);
    if (const auto* integer = ref->get_if<int64_t>()) return Value(*integer);
    if (const auto* real = ref->get_if<double>()) return Value(*real);
    if (const auto* text = ref->get_if<std::string>()) return Value(*text);
    if (const auto* bytes = ref->get_if<Value::Bytes>()) return Value(*bytes);
    if (const auto* tensor = ref->get_if<at::Tensor>()) return Value(*tensor);
    if (const auto* global = ref->get_if<Global>()) {
      return Value(Dict{{"__global__", global->name}});
    }
    if (const auto* list = ref->get_if<List>()) {
      Value::List values;
      values.reserve(list->items.size());
      for (const Ref& item : list->items) {
        ASSIGN_OR_RETURN(values.emplace_back(), ToValue(item, depth + 1));
      }
      return Value(std::move(values));
    }
    if (const auto* map = ref->get_if<Map>()) return MapValue(*map, depth);
    if (const auto* inert = ref->get_if<Inert>()) {
      Dict dict{{"__global__", inert->name}};
      if (inert->args) {
        ASSIGN_OR_RETURN(dict["args"], ToValue(inert->args, depth + 1));
      }
      if (inert->state) {
        ASSIGN_OR_RETURN(dict["state"], ToValue(inert->state, depth + 1));
      }
      return Value(std::move(dict));
    }
    if (ref->get_if<Mark>() || ref->get_if<Storage>()) {
      return Bad("a mark or a bare storage among the values");
    }
    return Value();
  }

  absl::StatusOr<Value> MapValue(const Map& map, int depth) {
    Dict dict;
    for (const auto& [key, item] : map.items) {
      ASSIGN_OR_RETURN(Value value, ToValue(item, depth + 1));
      if (const auto* text = key->get_if<std::string>()) {
        dict.Set(*text, std::move(value));
      } else if (const auto* integer = key->get_if<int64_t>()) {
        dict.Set(*integer, std::move(value));
      } else {
        return Bad("a dict's key is neither text nor integer");
      }
    }
    return Value(std::move(dict));
  }

  absl::string_view bytes_;
  const StorageLoader& storages_;
  size_t position_ = 0;
  size_t opcode_position_ = 0;
  int64_t steps_ = 0;
  int64_t nodes_ = 0;
  std::vector<Ref> stack_;
  std::map<uint64_t, Ref> memo_;
};

}  // namespace

absl::StatusOr<PickleResult> ReadPickle(absl::string_view bytes,
                                        const StorageLoader& storages) {
  return Machine(bytes, storages).Run();
}

}  // namespace anneal
