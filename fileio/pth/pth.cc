#include "fileio/pth/pth.h"

#include <ATen/ops/empty.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/little_endian.h"
#include "fileio/local/local_stream.h"
#include "fileio/local/mapped_file.h"
#include "fileio/pickle/pickle_reader.h"
#include "fileio/pickle/pickle_writer.h"
#include "fileio/pth/zip_reader.h"
#include "fileio/pth/zip_writer.h"
#include "fileio/uri.h"
#include "logging/log.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

constexpr char kDataPkl[] = "data.pkl";

// An uninitialised tensor for the storage; the file has `available` bytes for
// it.
absl::StatusOr<at::Tensor> Allocate(const StorageId& id, uint64_t available) {
  const uint64_t item = c10::elementSize(id.dtype);
  if (static_cast<uint64_t>(id.numel) > available / item) {
    return absl::DataLossError(
        absl::StrCat("storage ", id.key, " is said to have ", id.numel,
                     " elements, more than the file has bytes for"));
  }
  return CatchTorchError([&] { return at::empty({id.numel}, id.dtype); });
}

void CopyBytes(absl::string_view bytes, const at::Tensor& tensor) {
  if (!bytes.empty()) {
    std::memcpy(tensor.mutable_data_ptr(), bytes.data(), bytes.size());
  }
}

// The storages of a file by key.
class StorageMap {
 public:
  // Null where there is none yet. InvalidArgument where there is one of another
  // dtype or length.
  absl::StatusOr<const at::Tensor*> Find(const StorageId& id) const {
    auto it = storages_.find(id.key);
    if (it == storages_.end()) return nullptr;
    if (it->second.scalar_type() == id.dtype &&
        it->second.numel() == id.numel) {
      return &it->second;
    }
    return absl::InvalidArgumentError(
        absl::StrCat("storage ", id.key, " is given two dtypes or lengths"));
  }
  void Insert(const std::string& key, const at::Tensor& tensor) {
    storages_.emplace(key, tensor);
  }
  // Null where there is none.
  const at::Tensor* FindKey(const std::string& key) const {
    auto it = storages_.find(key);
    return it == storages_.end() ? nullptr : &it->second;
  }
  size_t size() const { return storages_.size(); }

 private:
  std::map<std::string, at::Tensor> storages_;
};

// The folder that all names of the archive begin with, with its slash.
absl::StatusOr<std::string> FindRoot(const ZipReader& zip) {
  std::string root;
  for (const std::string& name : zip.names()) {
    if (absl::EndsWith(name, "/constants.pkl")) {
      return absl::InvalidArgumentError(
          "this is a TorchScript program, not a checkpoint; save the module's "
          "state_dict()");
    }
    if (!absl::EndsWith(name, absl::StrCat("/", kDataPkl))) continue;
    if (!root.empty()) {
      return absl::InvalidArgumentError("the archive has two data.pkl");
    }
    root = name.substr(0, name.size() - std::strlen(kDataPkl));
  }
  if (!root.empty()) return root;
  return absl::InvalidArgumentError(
      "a zip archive without data.pkl; it was not written by torch.save");
}

absl::Status CheckByteOrder(const ZipReader& zip, const std::string& name) {
  if (!zip.Has(name)) return absl::OkStatus();
  ASSIGN_OR_RETURN(const absl::string_view order, zip.Read(name));
  if (order == "little") return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("its byte order is \"", absl::CHexEscape(order),
                   "\"; save it on a little-endian machine"));
}

absl::StatusOr<Value> LoadZip(absl::string_view bytes,
                              const std::string& path) {
  ASSIGN_OR_RETURN(const ZipReader zip, ZipReader::Open(bytes));
  ASSIGN_OR_RETURN(const std::string root, FindRoot(zip));
  // What no tensor refers to is checked as well.
  for (const std::string& name : zip.names()) {
    RETURN_IF_ERROR(zip.Read(name).status());
  }
  if (zip.num_unchecked() > 0) {
    ANNEAL_LOG(WARNING) << path << ": " << zip.num_unchecked()
                        << " records were written without a CRC-32: damage to "
                           "them would go unnoticed";
  }
  RETURN_IF_ERROR(CheckByteOrder(zip, root + "byteorder"));
  StorageMap loaded;
  const StorageLoader storages =
      [&](const StorageId& id) -> absl::StatusOr<at::Tensor> {
    ASSIGN_OR_RETURN(const at::Tensor* known, loaded.Find(id));
    if (known != nullptr) return *known;
    const std::string name = absl::StrCat(root, "data/", id.key);
    if (!zip.Has(name)) {
      return absl::DataLossError(
          absl::StrCat("record ", name, " of a tensor is missing"));
    }
    ASSIGN_OR_RETURN(const absl::string_view record, zip.Read(name));
    ASSIGN_OR_RETURN(at::Tensor tensor, Allocate(id, record.size()));
    if (tensor.nbytes() != record.size()) {
      return absl::DataLossError(
          absl::StrCat("record ", name, " has ", record.size(),
                       " bytes, its tensor needs ", tensor.nbytes()));
    }
    CopyBytes(record, tensor);
    loaded.Insert(id.key, tensor);
    return tensor;
  };
  ASSIGN_OR_RETURN(const absl::string_view pickle, zip.Read(root + kDataPkl));
  ASSIGN_OR_RETURN(PickleResult result, ReadPickle(pickle, storages));
  if (result.size != pickle.size()) {
    return absl::InvalidArgumentError("bytes follow the pickle in data.pkl");
  }
  return std::move(result.value);
}

// A pickle without tensors, which is taken from the front of `rest`.
absl::StatusOr<Value> TakePickle(absl::string_view* rest) {
  const StorageLoader none = [](const StorageId&) {
    return absl::StatusOr<at::Tensor>(
        absl::InvalidArgumentError("a storage outside of the object"));
  };
  ASSIGN_OR_RETURN(PickleResult result, ReadPickle(*rest, none));
  rest->remove_prefix(result.size);
  return std::move(result.value);
}

// The protocol's number and what the machine was like that wrote the stream.
absl::Status CheckLegacyHeader(const Value& protocol, const Value& system) {
  constexpr int64_t kProtocol = 1001;
  if (!BitIdentical(protocol, kProtocol)) {
    return absl::InvalidArgumentError(
        absl::StrCat("its protocol is ", protocol.DebugString(), ", not ",
                     kProtocol, "; save it anew with a newer torch"));
  }
  const Dict* dict = system.get_if<Dict>();
  const Value* little = dict ? dict->Find("little_endian") : nullptr;
  if (little != nullptr && BitIdentical(*little, true)) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      "its byte order is not little-endian; save it on such a machine");
}

// Copies the storages of `keys` from `rest`, which they fill: an element count
// and the elements of each.
absl::Status FillStorages(const Value& keys, absl::string_view rest,
                          const StorageMap& storages) {
  ASSIGN_OR_RETURN(const Value::List* list, keys.AsList("storage keys"));
  if (list->size() != storages.size()) {
    return absl::DataLossError("the list of storages does not fit the object");
  }
  std::set<std::string> seen;
  for (const Value& key : *list) {
    ASSIGN_OR_RETURN(const std::string name, key.AsString("storage key"));
    const at::Tensor* storage = storages.FindKey(name);
    if (storage == nullptr || !seen.insert(name).second) {
      return absl::DataLossError(
          absl::StrCat("storage ", name, " is not the object's"));
    }
    constexpr size_t kCountSize = 8;
    if (rest.size() < kCountSize ||
        rest.size() - kCountSize < storage->nbytes()) {
      return absl::DataLossError(
          absl::StrCat("storage ", name, " is cut off; the file is truncated"));
    }
    const uint64_t count = LoadLittleEndian(rest.data(), kCountSize);
    if (count != static_cast<uint64_t>(storage->numel())) {
      return absl::DataLossError(absl::StrCat("storage ", name, " has ", count,
                                              " elements, its tensor needs ",
                                              storage->numel()));
    }
    CopyBytes(rest.substr(kCountSize, storage->nbytes()), *storage);
    rest.remove_prefix(kCountSize + storage->nbytes());
  }
  if (rest.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(rest.size(), " bytes follow the last storage"));
}

// PROTO 2, LONG1 of ten bytes, STOP: the legacy form's magic number.
constexpr absl::string_view kLegacyMagic(
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.", 15);

// Torch before 1.6: magic number, protocol, system info, the object, the list
// of storage keys, the storages.
absl::StatusOr<Value> LoadLegacy(absl::string_view bytes) {
  absl::string_view rest = absl::StripPrefix(bytes, kLegacyMagic);
  ASSIGN_OR_RETURN(const Value protocol, TakePickle(&rest));
  ASSIGN_OR_RETURN(const Value system, TakePickle(&rest));
  RETURN_IF_ERROR(CheckLegacyHeader(protocol, system));
  StorageMap storages;
  uint64_t available = rest.size();
  const StorageLoader allocate =
      [&](const StorageId& id) -> absl::StatusOr<at::Tensor> {
    ASSIGN_OR_RETURN(const at::Tensor* known, storages.Find(id));
    if (known != nullptr) return *known;
    ASSIGN_OR_RETURN(const at::Tensor tensor, Allocate(id, available));
    available -= tensor.nbytes();
    storages.Insert(id.key, tensor);
    return tensor;
  };
  ASSIGN_OR_RETURN(PickleResult object, ReadPickle(rest, allocate));
  rest.remove_prefix(object.size);
  ASSIGN_OR_RETURN(const Value keys, TakePickle(&rest));
  RETURN_IF_ERROR(FillStorages(keys, rest, storages));
  return std::move(object.value);
}

}  // namespace

absl::StatusOr<Value> ReadPth(absl::string_view bytes,
                              const std::string& name) {
  if (absl::StartsWith(bytes, absl::string_view("PK\x03\x04", 4))) {
    return LoadZip(bytes, name);
  }
  if (absl::StartsWith(bytes, kLegacyMagic)) return LoadLegacy(bytes);
  if (bytes.size() > 262 && bytes.substr(257, 5) == "ustar") {
    return absl::InvalidArgumentError(
        "a tar file, as torch before 0.1.10 wrote; save it anew with a newer "
        "torch");
  }
  return absl::DataLossError(
      "no file that torch.save wrote, or its beginning is damaged");
}

absl::StatusOr<Value> LoadPth(const std::string& path) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  absl::StatusOr<Value> value = ReadPth(file.bytes(), path);
  if (value.ok()) return value;
  return Annotate(value.status(), ShownPath(path));
}

absl::Status WritePth(const Value& value, const std::string& stem,
                      std::unique_ptr<OutputStream> output) {
  std::vector<at::Tensor> storages;
  ASSIGN_OR_RETURN(const std::string pickle,
                   WritePickle(value, [&](const at::Tensor& storage) {
                     storages.push_back(storage);
                     return absl::StrCat(storages.size() - 1);
                   }));
  ZipWriter zip(std::move(output));
  const std::string root = stem + "/";
  RETURN_IF_ERROR(zip.Add(root + "data.pkl", pickle));
  RETURN_IF_ERROR(zip.Add(root + ".format_version", "1"));
  RETURN_IF_ERROR(zip.Add(root + ".storage_alignment", "64"));
  RETURN_IF_ERROR(zip.Add(root + "byteorder", "little"));
  for (size_t i = 0; i < storages.size(); ++i) {
    const absl::string_view bytes(
        static_cast<const char*>(storages[i].const_data_ptr()),
        storages[i].nbytes());
    RETURN_IF_ERROR(zip.Add(absl::StrCat(root, "data/", i), bytes));
  }
  RETURN_IF_ERROR(zip.Add(root + "version", "3\n"));
  return zip.Finish();
}

absl::Status SavePth(const Value& value, const std::string& path) {
  ASSIGN_OR_RETURN(auto output, OpenLocalOutput(path));
  const absl::Status status = WritePth(
      value, std::filesystem::path(path).stem().string(), std::move(output));
  // What the file system says names the path.
  return absl::StrContains(status.message(), path)
             ? status
             : Annotate(status, ShownPath(path));
}

}  // namespace anneal
