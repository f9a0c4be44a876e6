#include "fileio/pth.h"

#include <ATen/ops/empty.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/atomic_file.h"
#include "fileio/little_endian.h"
#include "fileio/mapped_file.h"
#include "fileio/pickle_reader.h"
#include "fileio/pickle_writer.h"
#include "fileio/zip_reader.h"
#include "fileio/zip_writer.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

absl::StatusOr<at::Tensor> Allocate(const StorageId& id, uint64_t available) {
  const uint64_t item = c10::elementSize(id.dtype);
  if (static_cast<uint64_t>(id.numel) > available / item) {
    return absl::DataLossError(
        absl::StrCat("storage ", id.key, " is said to have ", id.numel,
                     " elements, more than the file has bytes for"));
  }
  at::Tensor tensor;
  RETURN_IF_ERROR(
      CatchTorchError([&] { tensor = at::empty({id.numel}, id.dtype); }));
  return tensor;
}

void CopyBytes(absl::string_view bytes, at::Tensor* tensor) {
  if (!bytes.empty()) {
    std::memcpy(tensor->mutable_data_ptr(), bytes.data(), bytes.size());
  }
}

absl::StatusOr<Value> LoadZip(absl::string_view bytes) {
  ASSIGN_OR_RETURN(const ZipReader zip, ZipReader::Open(bytes));
  std::string root;
  for (const std::string& name : zip.names()) {
    if (absl::EndsWith(name, "/constants.pkl")) {
      return absl::InvalidArgumentError(
          "this is a TorchScript program, not a checkpoint; save the module's "
          "state_dict()");
    }
    if (absl::EndsWith(name, "/data.pkl")) {
      root = name.substr(0, name.size() - std::strlen("data.pkl"));
    }
  }
  if (root.empty()) {
    return absl::InvalidArgumentError(
        "a zip archive without data.pkl; it was not written by torch.save");
  }
  if (zip.Has(root + "byteorder")) {
    ASSIGN_OR_RETURN(const absl::string_view order,
                     zip.Read(root + "byteorder"));
    if (order != "little") {
      return absl::InvalidArgumentError(absl::StrCat(
          "its byte order is ", order, "; save it on a little-endian machine"));
    }
  }
  // What no tensor refers to is checked as well.
  for (const std::string& name : zip.names()) {
    RETURN_IF_ERROR(zip.Read(name).status());
  }
  std::map<std::string, at::Tensor> loaded;
  const StorageLoader storages =
      [&](const StorageId& id) -> absl::StatusOr<at::Tensor> {
    auto it = loaded.find(id.key);
    if (it != loaded.end()) {
      if (it->second.scalar_type() == id.dtype &&
          it->second.numel() == id.numel) {
        return it->second;
      }
      return absl::InvalidArgumentError(
          absl::StrCat("storage ", id.key, " is given two dtypes or lengths"));
    }
    ASSIGN_OR_RETURN(const absl::string_view record,
                     zip.Read(absl::StrCat(root, "data/", id.key)));
    ASSIGN_OR_RETURN(at::Tensor tensor, Allocate(id, record.size()));
    if (tensor.nbytes() != record.size()) {
      return absl::DataLossError(
          absl::StrCat("record data/", id.key, " has ", record.size(),
                       " bytes, its tensor needs ", tensor.nbytes()));
    }
    CopyBytes(record, &tensor);
    loaded.emplace(id.key, tensor);
    return tensor;
  };
  ASSIGN_OR_RETURN(const absl::string_view pickle, zip.Read(root + "data.pkl"));
  ASSIGN_OR_RETURN(PickleResult result, ReadPickle(pickle, storages));
  return std::move(result.value);
}

// Torch before 1.6: magic number, protocol, system info, the object, the list
// of storage keys, then for each key its element count and bytes.
absl::StatusOr<Value> LoadLegacy(absl::string_view bytes) {
  const StorageLoader none = [](const StorageId&) {
    return absl::StatusOr<at::Tensor>(
        absl::InvalidArgumentError("a storage before the object"));
  };
  absl::string_view rest = bytes;
  for (int header = 0; header < 3; ++header) {
    ASSIGN_OR_RETURN(const PickleResult skipped, ReadPickle(rest, none));
    rest.remove_prefix(skipped.size);
  }
  std::map<std::string, at::Tensor> storages;
  const StorageLoader allocate =
      [&](const StorageId& id) -> absl::StatusOr<at::Tensor> {
    auto it = storages.find(id.key);
    if (it != storages.end()) return it->second;
    ASSIGN_OR_RETURN(at::Tensor tensor, Allocate(id, bytes.size()));
    storages.emplace(id.key, tensor);
    return tensor;
  };
  ASSIGN_OR_RETURN(PickleResult object, ReadPickle(rest, allocate));
  rest.remove_prefix(object.size);
  ASSIGN_OR_RETURN(const PickleResult keys, ReadPickle(rest, none));
  rest.remove_prefix(keys.size);
  ASSIGN_OR_RETURN(const Value::List* list, keys.value.AsList("storage keys"));
  if (list->size() != storages.size()) {
    return absl::DataLossError("the list of storages does not fit the object");
  }
  for (const Value& key : *list) {
    ASSIGN_OR_RETURN(const std::string name, key.AsString("storage key"));
    auto it = storages.find(name);
    if (it == storages.end() || rest.size() < 8 ||
        LoadLittleEndian(rest.data(), 8) !=
            static_cast<uint64_t>(it->second.numel()) ||
        rest.size() - 8 < it->second.nbytes()) {
      return absl::DataLossError(absl::StrCat(
          "storage ", name, " is missing or cut off; the file is truncated"));
    }
    CopyBytes(rest.substr(8, it->second.nbytes()), &it->second);
    rest.remove_prefix(8 + it->second.nbytes());
  }
  return std::move(object.value);
}

// PROTO 2, LONG1 of ten bytes: the legacy form's magic number.
constexpr absl::string_view kLegacyMagic(
    "\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", 14);

absl::StatusOr<Value> LoadBytes(absl::string_view bytes) {
  if (absl::StartsWith(bytes, absl::string_view("PK\x03\x04", 4))) {
    return LoadZip(bytes);
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

}  // namespace

absl::StatusOr<Value> LoadPth(const std::string& path) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  absl::StatusOr<Value> value = LoadBytes(file.bytes());
  if (value.ok()) return value;
  return absl::Status(value.status().code(),
                      absl::StrCat(path, ": ", value.status().message()));
}

absl::Status SavePth(const Value& value, const std::string& path) {
  std::vector<at::Tensor> storages;
  absl::StatusOr<std::string> pickle =
      WritePickle(value, [&](const at::Tensor& storage) {
        storages.push_back(storage);
        return absl::StrCat(storages.size() - 1);
      });
  if (!pickle.ok()) {
    return absl::Status(pickle.status().code(),
                        absl::StrCat(path, ": ", pickle.status().message()));
  }
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(path));
  ZipWriter zip(std::move(file));
  const std::string root = std::filesystem::path(path).stem().string() + "/";
  RETURN_IF_ERROR(zip.Add(root + "data.pkl", *pickle));
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

}  // namespace anneal
