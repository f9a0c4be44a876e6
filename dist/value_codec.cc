#include "dist/value_codec.h"

#include <ATen/ops/empty.h>
#include <c10/core/ScalarType.h>
#include <google/protobuf/io/coded_stream.h>

#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dist/value_message.pb.h"
#include "utils/status_macros.h"

namespace anneal::dist {
namespace {

// Levels of lists and dicts; each is three messages deep.
constexpr int kMaxDepth = 1000;

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(
      absl::StrCat("a value from another rank is damaged: ", what));
}

// Copies the tensors into a payload whose place each message remembers.
class Packer {
 public:
  void Pack(const Value& value, ValueMessage* message) {
    if (const auto* boolean = value.get_if<bool>()) {
      message->set_boolean(*boolean);
    } else if (const auto* integer = value.get_if<int64_t>()) {
      message->set_integer(*integer);
    } else if (const auto* real = value.get_if<double>()) {
      message->set_real(*real);
    } else if (const auto* text = value.get_if<std::string>()) {
      message->set_text(*text);
    } else if (const auto* bytes = value.get_if<Value::Bytes>()) {
      message->set_data(bytes->data);
    } else if (const auto* tensor = value.get_if<at::Tensor>()) {
      PackTensor(*tensor, message);
    } else if (const auto* list = value.get_if<Value::List>()) {
      ValueMessage::List* packed = message->mutable_list();
      for (const Value& element : *list) Pack(element, packed->add_values());
    } else if (const auto* dict = value.get_if<Dict>()) {
      PackDict(*dict, message->mutable_dict());
    } else if (const auto* object =
                   value.get_if<std::shared_ptr<const ValueObject>>()) {
      Pack((*object)->ToValue(), message);
    }
  }

  const std::vector<at::Tensor>& tensors() const { return tensors_; }
  uint64_t payload_size() const { return offset_; }

 private:
  void PackTensor(const at::Tensor& tensor, ValueMessage* message) {
    if (!tensor.defined()) {
      message->set_undefined_tensor(true);
      return;
    }
    ValueMessage::Tensor* packed = message->mutable_tensor();
    packed->set_dtype(static_cast<int32_t>(tensor.scalar_type()));
    for (const int64_t size : tensor.sizes()) packed->add_sizes(size);
    packed->set_offset(offset_);
    tensors_.push_back(
        tensor.detach().cpu().contiguous().resolve_conj().resolve_neg());
    offset_ += tensors_.back().nbytes();
  }

  void PackDict(const Dict& dict, ValueMessage::Dict* message) {
    for (const auto& [key, value] : dict) {
      ValueMessage::Dict::Item* item = message->add_items();
      if (const auto* name = std::get_if<std::string>(&key)) {
        item->set_name(*name);
      } else {
        item->set_index(std::get<int64_t>(key));
      }
      Pack(value, item->mutable_value());
    }
  }

  std::vector<at::Tensor> tensors_;
  uint64_t offset_ = 0;
};

class Unpacker {
 public:
  Unpacker(const char* payload, uint64_t size)
      : payload_(payload), size_(size) {}

  absl::StatusOr<Value> Unpack(const ValueMessage& message) {
    switch (message.kind_case()) {
      case ValueMessage::kBoolean:
        return Value(message.boolean());
      case ValueMessage::kInteger:
        return Value(int64_t{message.integer()});
      case ValueMessage::kReal:
        return Value(message.real());
      case ValueMessage::kText:
        return Value(message.text());
      case ValueMessage::kData:
        return Value(Value::Bytes{message.data()});
      case ValueMessage::kTensor:
        return UnpackTensor(message.tensor());
      case ValueMessage::kUndefinedTensor:
        return Value(at::Tensor());
      case ValueMessage::kList:
        return UnpackList(message.list());
      case ValueMessage::kDict:
        return UnpackDict(message.dict());
      case ValueMessage::KIND_NOT_SET:
        break;
    }
    return Value();
  }

 private:
  absl::StatusOr<Value> UnpackTensor(const ValueMessage::Tensor& message) {
    const auto dtype = static_cast<c10::ScalarType>(message.dtype());
    if (message.dtype() < 0 || message.dtype() >= c10::NumScalarTypes ||
        dtype == c10::ScalarType::Undefined || c10::isQIntType(dtype)) {
      return Damaged(absl::StrCat("dtype ", message.dtype()));
    }
    // Of what is not 0: LibTorch multiplies them too.
    constexpr int64_t kMost = int64_t{1} << 48;
    int64_t numel = 1;
    bool is_empty = false;
    for (const int64_t size : message.sizes()) {
      if (size < 0 || (size > 0 && numel > kMost / size)) {
        return Damaged("a tensor is larger than its bytes");
      }
      if (size > 0) numel *= size;
      is_empty |= size == 0;
    }
    const uint64_t nbytes =
        is_empty ? 0 : static_cast<uint64_t>(numel) * c10::elementSize(dtype);
    // Each byte belongs to one tensor: no more memory than came.
    if (nbytes > size_ - taken_ || message.offset() > size_ ||
        nbytes > size_ - message.offset()) {
      return Damaged("a tensor is larger than its bytes");
    }
    taken_ += nbytes;
    at::Tensor tensor = at::empty(
        at::IntArrayRef(message.sizes().data(), message.sizes_size()), dtype);
    if (nbytes > 0) {
      std::memcpy(tensor.data_ptr(), payload_ + message.offset(), nbytes);
    }
    return Value(std::move(tensor));
  }

  absl::StatusOr<Value> UnpackList(const ValueMessage::List& message) {
    Value::List list;
    for (const ValueMessage& element : message.values()) {
      ASSIGN_OR_RETURN(list.emplace_back(), Unpack(element));
    }
    return Value(std::move(list));
  }

  absl::StatusOr<Value> UnpackDict(const ValueMessage::Dict& message) {
    Dict dict;
    for (const ValueMessage::Dict::Item& item : message.items()) {
      ASSIGN_OR_RETURN(Value value, Unpack(item.value()));
      if (item.key_case() == ValueMessage::Dict::Item::kIndex) {
        dict.Set(int64_t{item.index()}, std::move(value));
      } else {
        dict.Set(item.name(), std::move(value));
      }
    }
    return Value(std::move(dict));
  }

  const char* payload_;
  uint64_t size_;
  uint64_t taken_ = 0;
};

}  // namespace

at::Tensor PackValue(const Value& value) {
  ValueMessage message;
  Packer packer;
  packer.Pack(value, &message);
  const uint64_t message_size = message.ByteSizeLong();
  at::Tensor bytes =
      at::empty({static_cast<int64_t>(sizeof(message_size) + message_size +
                                      packer.payload_size())},
                at::kByte);
  char* out = static_cast<char*>(bytes.data_ptr());
  std::memcpy(out, &message_size, sizeof(message_size));
  out += sizeof(message_size);
  TORCH_CHECK(message_size <= std::numeric_limits<int>::max(), "a value of ",
              message_size,
              " bytes without its tensors is too large for another rank; the "
              "limit is 2 GiB: send it in parts, or numbers as tensors");
  message.SerializeToArray(out, static_cast<int>(message_size));
  out += message_size;
  for (const at::Tensor& tensor : packer.tensors()) {
    if (tensor.nbytes() == 0) continue;
    std::memcpy(out, tensor.data_ptr(), tensor.nbytes());
    out += tensor.nbytes();
  }
  return bytes;
}

absl::StatusOr<Value> UnpackValue(const at::Tensor& bytes) {
  const char* data = static_cast<const char*>(bytes.data_ptr());
  uint64_t size = bytes.nbytes();
  uint64_t message_size = 0;
  if (size < sizeof(message_size)) return Damaged("it is cut off");
  std::memcpy(&message_size, data, sizeof(message_size));
  data += sizeof(message_size);
  size -= sizeof(message_size);
  if (message_size > size || message_size > std::numeric_limits<int>::max()) {
    return Damaged("it is cut off");
  }
  google::protobuf::io::CodedInputStream stream(
      reinterpret_cast<const uint8_t*>(data), static_cast<int>(message_size));
  stream.SetRecursionLimit(3 * kMaxDepth);
  ValueMessage message;
  if (!message.ParseFromCodedStream(&stream) ||
      !stream.ConsumedEntireMessage()) {
    return Damaged("its structure can't be read");
  }
  return Unpacker(data + message_size, size - message_size).Unpack(message);
}

}  // namespace anneal::dist
