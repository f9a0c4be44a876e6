#include "fileio/pickle_writer.h"

#include <ATen/ops/empty.h>

#include <cstring>
#include <limits>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "fileio/little_endian.h"
#include "fileio/torch_storage.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

class Writer {
 public:
  explicit Writer(const StorageSaver& storages) : storages_(storages) {}

  absl::StatusOr<std::string> Write(const Value& value) {
    out_ = "\x80\x02";
    RETURN_IF_ERROR(Append(value));
    out_ += '.';
    return std::move(out_);
  }

 private:
  absl::Status Append(const Value& value) {
    if (const auto* flag = value.get_if<bool>()) {
      out_ += *flag ? '\x88' : '\x89';
    } else if (const auto* integer = value.get_if<int64_t>()) {
      AppendInteger(*integer);
    } else if (const auto* real = value.get_if<double>()) {
      AppendReal(*real);
    } else if (const auto* text = value.get_if<std::string>()) {
      return AppendText(*text);
    } else if (const auto* bytes = value.get_if<Value::Bytes>()) {
      return AppendBytes(bytes->data);
    } else if (const auto* tensor = value.get_if<at::Tensor>()) {
      return AppendTensor(*tensor);
    } else if (const auto* list = value.get_if<Value::List>()) {
      out_ += "](";
      for (const Value& item : *list) RETURN_IF_ERROR(Append(item));
      out_ += 'e';
    } else if (const auto* dict = value.get_if<Dict>()) {
      out_ += "}(";
      for (const auto& [key, item] : *dict) {
        if (const auto* name = std::get_if<std::string>(&key)) {
          RETURN_IF_ERROR(AppendText(*name));
        } else {
          AppendInteger(std::get<int64_t>(key));
        }
        RETURN_IF_ERROR(Append(item));
      }
      out_ += 'u';
    } else if (const auto* object =
                   value.get_if<std::shared_ptr<const ValueObject>>()) {
      return Append((*object)->ToValue());
    } else {
      out_ += 'N';
    }
    return absl::OkStatus();
  }

  void AppendInteger(int64_t value) {
    if (value == static_cast<int32_t>(value)) {
      out_ += 'J';
      AppendLittleEndian(static_cast<uint32_t>(value), 4, &out_);
    } else {
      out_ += "\x8a\x08";
      AppendLittleEndian(static_cast<uint64_t>(value), 8, &out_);
    }
  }

  void AppendReal(double value) {
    uint64_t bits;
    std::memcpy(&bits, &value, sizeof(bits));
    out_ += 'G';
    for (int shift = 56; shift >= 0; shift -= 8) {
      out_ += static_cast<char>(bits >> shift);
    }
  }

  absl::Status AppendText(absl::string_view text) {
    if (text.size() > std::numeric_limits<uint32_t>::max()) {
      return absl::InvalidArgumentError("a text of more than 4 GiB");
    }
    out_ += 'X';
    AppendLittleEndian(text.size(), 4, &out_);
    absl::StrAppend(&out_, text);
    return absl::OkStatus();
  }

  absl::Status AppendBytes(absl::string_view bytes) {
    std::string text;  // latin-1 as UTF-8
    for (const char c : bytes) {
      const auto byte = static_cast<unsigned char>(c);
      if (byte < 0x80) {
        text += c;
      } else {
        text += static_cast<char>(0xC0 | byte >> 6);
        text += static_cast<char>(0x80 | (byte & 0x3F));
      }
    }
    out_ += "c_codecs\nencode\n(";
    RETURN_IF_ERROR(AppendText(text));
    RETURN_IF_ERROR(AppendText("latin1"));
    out_ += "tR";
    return absl::OkStatus();
  }

  void AppendTuple(at::IntArrayRef values) {
    out_ += '(';
    for (const int64_t value : values) AppendInteger(value);
    out_ += 't';
  }

  absl::Status AppendTensor(const at::Tensor& source) {
    if (!source.defined()) {
      out_ += 'N';
      return absl::OkStatus();
    }
    at::Tensor tensor;
    RETURN_IF_ERROR(CatchTorchError([&] { tensor = Saveable(source); }));
    const auto storage_class = StorageClassName(tensor.scalar_type());
    if (!storage_class) {
      return absl::UnimplementedError(
          absl::StrCat("tensors of ", c10::toString(tensor.scalar_type()),
                       " can't be saved; convert them to a float or integer "
                       "dtype"));
    }
    const int64_t numel = tensor.storage().nbytes() / tensor.element_size();
    const auto [it, is_new] =
        keys_.try_emplace(tensor.storage().unsafeGetStorageImpl());
    if (is_new) {
      it->second = {storages_(at::empty({0}, tensor.options())
                                  .set_(tensor.storage(), 0, {numel}, {1})),
                    tensor};
    }
    absl::StrAppend(&out_, "ctorch._utils\n_rebuild_tensor_v2\n((");
    RETURN_IF_ERROR(AppendText("storage"));
    absl::StrAppend(&out_, "ctorch\n", *storage_class, "\n");
    RETURN_IF_ERROR(AppendText(it->second.key));
    RETURN_IF_ERROR(AppendText("cpu"));
    AppendInteger(numel);
    out_ += "tQ";
    AppendInteger(tensor.storage_offset());
    AppendTuple(tensor.sizes());
    AppendTuple(tensor.strides());
    out_ +=
        "\x89"
        "ccollections\nOrderedDict\n)RtR";
    return absl::OkStatus();
  }

  // The tensor on the host, strided, over a storage worth saving.
  static at::Tensor Saveable(const at::Tensor& source) {
    at::Tensor tensor = source.detach().cpu().resolve_conj().resolve_neg();
    const size_t shown = tensor.nbytes() * 2;
    if (!tensor.is_contiguous() || shown < tensor.storage().nbytes() ||
        tensor.storage().nbytes() % tensor.element_size() != 0) {
      tensor = tensor.clone(at::MemoryFormat::Contiguous);
    }
    return tensor;
  }

  struct Saved {
    std::string key;
    at::Tensor keeps_storage_alive;
  };

  const StorageSaver& storages_;
  std::string out_;
  std::map<c10::StorageImpl*, Saved> keys_;
};

}  // namespace

absl::StatusOr<std::string> WritePickle(const Value& value,
                                        const StorageSaver& storages) {
  return Writer(storages).Write(value);
}

}  // namespace anneal
