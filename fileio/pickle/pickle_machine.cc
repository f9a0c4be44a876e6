#include "fileio/pickle/pickle_machine.h"

#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "fileio/little_endian.h"
#include "fileio/pickle/pickle_stack.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr size_t kMaxName = 1000;

enum Opcode : unsigned char {
  kMark = '(',
  kStop = '.',
  kBinInt = 'J',
  kBinInt1 = 'K',
  kBinInt2 = 'M',
  kNone = 'N',
  kBinPersId = 'Q',
  kReduce = 'R',
  kShortBinString = 'U',
  kBinUnicode = 'X',
  kAppend = 'a',
  kBuild = 'b',
  kGlobal = 'c',
  kEmptyDict = '}',
  kAppends = 'e',
  kBinGet = 'h',
  kLongBinGet = 'j',
  kEmptyList = ']',
  kBinPut = 'q',
  kLongBinPut = 'r',
  kSetItem = 's',
  kTuple = 't',
  kEmptyTuple = ')',
  kSetItems = 'u',
  kBinFloat = 'G',
  kProto = 0x80,
  kNewObj = 0x81,
  kTuple1 = 0x85,
  kTuple2 = 0x86,
  kTuple3 = 0x87,
  kNewTrue = 0x88,
  kNewFalse = 0x89,
  kLong1 = 0x8a,
  kEmptySet = 0x8f,
};

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

absl::Status Truncated() {
  return absl::DataLossError(
      "it ends inside a value; the file is truncated or damaged");
}

// Python 3's word for a module that protocol 2 names in Python 2's.
absl::string_view ModernModule(absl::string_view module) {
  if (module == "__builtin__") return "builtins";
  if (module == "copy_reg") return "copyreg";
  return module;
}

class Machine {
 public:
  Machine(absl::string_view bytes, const PickleLimits& limits)
      : bytes_(bytes), limits_(limits), stack_(limits.stack, limits.memo) {}

  absl::StatusOr<PickleGraph> Run() {
    const absl::Status status = Interpret();
    if (!status.ok()) {
      return absl::Status(status.code(),
                          absl::StrCat("pickle, byte ", opcode_position_, ": ",
                                       status.message()));
    }
    graph_.size = position_;
    return std::move(graph_);
  }

 private:
  absl::Status Interpret() {
    while (true) {
      opcode_position_ = position_;
      ASSIGN_OR_RETURN(const uint64_t opcode, TakeInt(1));
      if (opcode == kStop) break;
      RETURN_IF_ERROR(Step(static_cast<unsigned char>(opcode)));
    }
    ASSIGN_OR_RETURN(graph_.root, stack_.Last());
    return absl::OkStatus();
  }

  absl::Status Step(unsigned char opcode) {
    switch (opcode) {
      case kProto:
        return CheckProtocol();
      case kMark:
        return stack_.PushMark();
      case kNone:
        return Push(PickleNone());
      case kNewTrue:
        return Push(true);
      case kNewFalse:
        return Push(false);
      case kBinInt: {
        ASSIGN_OR_RETURN(const uint64_t value, TakeInt(4));
        return Push(int64_t{static_cast<int32_t>(value)});
      }
      case kBinInt1:
        return PushUnsigned(1);
      case kBinInt2:
        return PushUnsigned(2);
      case kLong1:
        return PushLong();
      case kBinFloat:
        return PushReal();
      case kBinUnicode:
        return PushText(4);
      case kShortBinString:
        return PushText(1);
      case kEmptyDict:
        return Push(PickleDict());
      case kEmptyList:
      case kEmptySet:
        return Push(PickleSequence());
      case kEmptyTuple:
        return Push(PickleSequence{/*is_tuple=*/true, {}});
      case kTuple: {
        ASSIGN_OR_RETURN(PickleNodes items, stack_.PopToMark());
        return Push(PickleSequence{/*is_tuple=*/true, std::move(items)});
      }
      case kTuple1:
      case kTuple2:
      case kTuple3: {
        ASSIGN_OR_RETURN(PickleNodes items, stack_.Pop(opcode - kTuple1 + 1));
        return Push(PickleSequence{/*is_tuple=*/true, std::move(items)});
      }
      case kAppend: {
        ASSIGN_OR_RETURN(const PickleNodes items, stack_.Pop(1));
        return Append(items);
      }
      case kAppends: {
        ASSIGN_OR_RETURN(const PickleNodes items, stack_.PopToMark());
        return Append(items);
      }
      case kSetItem: {
        ASSIGN_OR_RETURN(const PickleNodes items, stack_.Pop(2));
        return SetItems(items);
      }
      case kSetItems: {
        ASSIGN_OR_RETURN(const PickleNodes items, stack_.PopToMark());
        return SetItems(items);
      }
      case kBinPut:
      case kLongBinPut: {
        ASSIGN_OR_RETURN(const uint64_t index,
                         TakeInt(opcode == kBinPut ? 1 : 4));
        return stack_.Memoize(index);
      }
      case kBinGet:
      case kLongBinGet: {
        ASSIGN_OR_RETURN(const uint64_t index,
                         TakeInt(opcode == kBinGet ? 1 : 4));
        return stack_.Recall(index);
      }
      case kGlobal:
        return PushGlobal();
      case kReduce:
      case kNewObj:
        return Call();
      case kBuild:
        return Build();
      case kBinPersId: {
        ASSIGN_OR_RETURN(const PickleNodes id, stack_.Pop(1));
        return Push(PickleReference{id[0]});
      }
      default:
        return Bad(absl::StrFormat(
            "opcode 0x%02x is not among those that weights need; save with "
            "torch.save and its default pickle_protocol=2",
            opcode));
    }
  }

  // Reading.
  absl::StatusOr<absl::string_view> Take(uint64_t n) {
    if (bytes_.size() - position_ < n) return Truncated();
    const absl::string_view taken = bytes_.substr(position_, n);
    position_ += n;
    return taken;
  }
  absl::StatusOr<uint64_t> TakeInt(int n) {
    ASSIGN_OR_RETURN(const absl::string_view taken, Take(n));
    return LoadLittleEndian(taken.data(), n);
  }
  absl::StatusOr<absl::string_view> TakeLine() {
    const absl::string_view rest = bytes_.substr(position_, kMaxName + 1);
    const size_t end = rest.find('\n');
    if (end == rest.npos) {
      return rest.size() > kMaxName ? Bad("a global's name does not end")
                                    : Truncated();
    }
    position_ += end + 1;
    if (!IsUtf8(rest.substr(0, end))) {
      return Bad("a global's name is not UTF-8");
    }
    return rest.substr(0, end);
  }

  absl::Status CheckProtocol() {
    ASSIGN_OR_RETURN(const uint64_t protocol, TakeInt(1));
    if (protocol == 2) return absl::OkStatus();
    return Bad(
        absl::StrCat("protocol ", protocol,
                     "; save with torch.save and its default protocol, 2"));
  }

  // The stack.
  template <typename T>
  absl::Status Push(T data) {
    graph_.nodes.push_back(PickleNode{std::move(data)});
    return stack_.Push(&graph_.nodes.back());
  }

  absl::Status PushUnsigned(int n) {
    ASSIGN_OR_RETURN(const uint64_t value, TakeInt(n));
    return Push(static_cast<int64_t>(value));
  }

  absl::Status PushLong() {
    ASSIGN_OR_RETURN(const uint64_t size, TakeInt(1));
    ASSIGN_OR_RETURN(const absl::string_view digits, Take(size));
    if (size > 8) {
      return Bad(absl::StrCat("an integer of ", size,
                              " bytes; Anneal reads integers of 64 bits"));
    }
    uint64_t value = LoadLittleEndian(digits.data(), static_cast<int>(size));
    const bool negative = size > 0 && (digits.back() & 0x80) != 0;
    if (negative && size < 8) value |= ~uint64_t{0} << (8 * size);
    return Push(static_cast<int64_t>(value));
  }

  absl::Status PushReal() {
    ASSIGN_OR_RETURN(const absl::string_view bytes, Take(8));
    uint64_t bits = 0;
    for (const char c : bytes) bits = bits << 8 | static_cast<unsigned char>(c);
    double value;
    std::memcpy(&value, &bits, sizeof(value));
    return Push(value);
  }

  absl::Status PushText(int length_size) {
    ASSIGN_OR_RETURN(const uint64_t size, TakeInt(length_size));
    if (size > static_cast<uint64_t>(limits_.text)) {
      return Bad(absl::StrCat("a text of ", size, " bytes; the limit is ",
                              limits_.text));
    }
    ASSIGN_OR_RETURN(const absl::string_view text, Take(size));
    if (!IsUtf8(text)) return Bad("a text that is not UTF-8");
    return Push(text);
  }

  absl::Status PushGlobal() {
    ASSIGN_OR_RETURN(const absl::string_view module, TakeLine());
    ASSIGN_OR_RETURN(const absl::string_view name, TakeLine());
    return Push(PickleGlobal{absl::StrCat(ModernModule(module), ".", name)});
  }

  absl::Status Append(const PickleNodes& items) {
    ASSIGN_OR_RETURN(PickleNode * target, stack_.Top());
    PickleNodes* list = nullptr;
    if (auto* sequence = target->get_if<PickleSequence>()) {
      if (!sequence->is_tuple) list = &sequence->items;
    } else if (auto* call = target->get_if<PickleCall>()) {
      list = &call->appended;
    }
    if (list == nullptr) return Bad("items are appended to what is no list");
    list->insert(list->end(), items.begin(), items.end());
    return absl::OkStatus();
  }

  absl::Status SetItems(const PickleNodes& items) {
    ASSIGN_OR_RETURN(PickleNode * target, stack_.Top());
    PickleNodes* pairs = nullptr;
    if (auto* dict = target->get_if<PickleDict>()) {
      pairs = &dict->items;
    } else if (auto* call = target->get_if<PickleCall>()) {
      pairs = &call->items;
    }
    if (pairs == nullptr) return Bad("items are set on what is no dict");
    if (items.size() % 2 != 0) return Bad("a key without a value");
    pairs->insert(pairs->end(), items.begin(), items.end());
    return absl::OkStatus();
  }

  absl::Status Call() {
    ASSIGN_OR_RETURN(const PickleNodes operands, stack_.Pop(2));
    PickleCall call;
    call.callee = operands[0]->get_if<PickleGlobal>();
    call.args = operands[1]->get_if<PickleSequence>();
    if (call.callee == nullptr) return Bad("what is no global is called");
    if (call.args == nullptr || !call.args->is_tuple) {
      return Bad(
          absl::StrCat(call.callee->name, " is called with what is no tuple"));
    }
    return Push(std::move(call));
  }

  absl::Status Build() {
    ASSIGN_OR_RETURN(const PickleNodes state, stack_.Pop(1));
    ASSIGN_OR_RETURN(PickleNode * target, stack_.Top());
    PickleCall* call = target->get_if<PickleCall>();
    if (call == nullptr) return Bad("a state is set on what has none");
    call->state = state[0];
    return absl::OkStatus();
  }

  const absl::string_view bytes_;
  const PickleLimits& limits_;
  size_t position_ = 0;
  size_t opcode_position_ = 0;
  PickleStack stack_;
  PickleGraph graph_;
};

}  // namespace

absl::StatusOr<PickleGraph> RunPickle(absl::string_view bytes,
                                      const PickleLimits& limits) {
  return Machine(bytes, limits).Run();
}

}  // namespace anneal
