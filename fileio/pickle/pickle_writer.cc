#include "fileio/pickle/pickle_writer.h"

#include <ATen/ops/empty.h>

#include <cstring>
#include <map>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "fileio/little_endian.h"
#include "fileio/pickle/pickle_machine.h"
#include "fileio/pickle/torch_storage.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

// What the reader takes.
constexpr int kMaxDepth = PickleLimits().depth;
constexpr int64_t kMaxText = PickleLimits().text;

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

class Writer {
 public:
  explicit Writer(const StorageSaver& storages) : storages_(storages) {}

  absl::StatusOr<std::string> Write(const Value& value) {
    out_ = "\x80\x02";
    RETURN_IF_ERROR(Append(value, 0));
    out_ += '.';
    return std::move(out_);
  }

 private:
  absl::Status Append(const Value& value, int depth) {
    if (depth > kMaxDepth) {
      return Bad(absl::StrCat("nested more than ", kMaxDepth, " deep"));
    }
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
      for (const Value& item : *list) RETURN_IF_ERROR(Append(item, depth + 1));
      out_ += 'e';
    } else if (const auto* dict = value.get_if<Dict>()) {
      out_ += "}(";
      for (const auto& [key, item] : *dict) {
        if (const auto* name = std::get_if<std::string>(&key)) {
          RETURN_IF_ERROR(AppendText(*name));
        } else {
          AppendInteger(std::get<int64_t>(key));
        }
        RETURN_IF_ERROR(Append(item, depth + 1));
      }
      out_ += 'u';
    } else if (const auto* object =
                   value.get_if<std::shared_ptr<const ValueObject>>()) {
      return Append((*object)->ToValue(), depth);
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
    if (text.size() > kMaxText) return Bad("a text of more than 1 GiB");
    if (!IsUtf8(text)) {
      return Bad(absl::StrCat("a text that is not UTF-8: \"",
                              absl::CHexEscape(text.substr(0, 60)),
                              "\"; store it as bytes"));
    }
    out_ += 'X';
    AppendLittleEndian(text.size(), 4, &out_);
    absl::StrAppend(&out_, text);
    return absl::OkStatus();
  }

  absl::Status AppendBytes(absl::string_view bytes) {
    out_ += "c_codecs\nencode\n(";
    RETURN_IF_ERROR(AppendText(Latin1ToUtf8(bytes)));
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
    const auto dtype_name = DtypeName(source.scalar_type());
    if (!dtype_name || source.layout() != at::kStrided) {
      return absl::UnimplementedError(absl::StrCat(
          "a tensor of ", c10::toString(source.scalar_type()), ", ",
          source.layout() == at::kStrided ? "dense" : "not dense",
          ", can't be saved; convert it to a dense one of a float or integer "
          "dtype"));
    }
    ASSIGN_OR_RETURN(const at::Tensor tensor,
                     CatchTorchError([&] { return Saveable(source); }));
    const auto storage_class = StorageClassName(tensor.scalar_type());
    absl::StrAppend(&out_, "ctorch._utils\n_rebuild_tensor_",
                    storage_class ? "v2" : "v3", "\n((");
    RETURN_IF_ERROR(AppendStorageId(tensor, storage_class));
    AppendInteger(tensor.storage_offset());
    AppendTuple(tensor.sizes());
    AppendTuple(tensor.strides());
    out_ += '\x89';  // requires_grad
    out_ += "ccollections\nOrderedDict\n)R";
    if (!storage_class) absl::StrAppend(&out_, "ctorch\n", *dtype_name, "\n");
    out_ += "tR";
    return absl::OkStatus();
  }

  absl::Status AppendStorageId(
      const at::Tensor& tensor,
      const absl::optional<absl::string_view>& storage_class) {
    const int64_t nbytes = tensor.storage().nbytes();
    const int64_t numel = nbytes / tensor.element_size();
    const auto [it, is_new] = saved_.try_emplace(std::make_pair(
        tensor.storage().unsafeGetStorageImpl(), tensor.scalar_type()));
    if (is_new) {
      it->second = {storages_(at::empty({0}, tensor.options())
                                  .set_(tensor.storage(), 0, {numel}, {1})),
                    tensor};
    }
    RETURN_IF_ERROR(AppendText("storage"));
    if (storage_class) {
      absl::StrAppend(&out_, "ctorch\n", *storage_class, "\n");
    } else {
      out_ += "ctorch.storage\nUntypedStorage\n";
    }
    RETURN_IF_ERROR(AppendText(it->second.key));
    RETURN_IF_ERROR(AppendText("cpu"));
    AppendInteger(storage_class ? numel : nbytes);
    out_ += "tQ";
    return absl::OkStatus();
  }

  // The tensor on the host, over a storage worth saving.
  static at::Tensor Saveable(const at::Tensor& source) {
    at::Tensor tensor = source.detach().cpu().resolve_conj().resolve_neg();
    const size_t nbytes = tensor.storage().nbytes();
    if (tensor.nbytes() * 2 < nbytes || nbytes % tensor.element_size() != 0) {
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
  // A storage seen as two dtypes is saved as two.
  std::map<std::pair<c10::StorageImpl*, at::ScalarType>, Saved> saved_;
};

}  // namespace

absl::StatusOr<std::string> WritePickle(const Value& value,
                                        const StorageSaver& storages) {
  return Writer(storages).Write(value);
}

}  // namespace anneal
