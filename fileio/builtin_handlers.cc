// The formats that come with Anneal: json; yaml, yml; pickle, pkl; pth, pt;
// safetensors; npy; npz.
#include <ATen/core/Tensor.h>

#include <memory>
#include <string>
#include <utility>

#include "fileio/file_handler.h"
#include "fileio/file_stream.h"
#include "fileio/json/json.h"
#include "fileio/json/json_reader.h"
#include "fileio/npy/npy.h"
#include "fileio/pickle/pickle_reader.h"
#include "fileio/pickle/pickle_writer.h"
#include "fileio/pth/pth.h"
#include "fileio/safetensors.h"
#include "fileio/yaml/yaml.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

class JsonHandler : public FileHandler {
 public:
  absl::StatusOr<Value> Load(absl::string_view bytes) const override {
    return FromJson(bytes);
  }
  absl::StatusOr<std::string> Dump(const Value& value) const override {
    return ToJson(value);
  }
};

class YamlHandler : public FileHandler {
 public:
  absl::StatusOr<Value> Load(absl::string_view bytes) const override {
    return FromYaml(bytes);
  }
  absl::StatusOr<std::string> Dump(const Value& value) const override {
    return ToYaml(value);
  }
};

class PickleHandler : public FileHandler {
 public:
  absl::StatusOr<Value> Load(absl::string_view bytes) const override {
    const auto no_storages =
        [](const StorageId& id) -> absl::StatusOr<at::Tensor> {
      return absl::InvalidArgumentError(
          "a pickle that refers to a storage outside of it is a part of a "
          ".pth file; load that");
    };
    ASSIGN_OR_RETURN(PickleResult result, ReadPickle(bytes, no_storages));
    return std::move(result.value);
  }
  absl::StatusOr<std::string> Dump(const Value& value) const override {
    bool has_tensor = false;
    MapTensors(value, [&has_tensor](const at::Tensor& tensor) {
      has_tensor = true;
      return tensor;
    });
    if (has_tensor) {
      return absl::InvalidArgumentError(
          "a plain pickle has no tensors; dump them to pth, safetensors or "
          "npz");
    }
    return WritePickle(value, [](const at::Tensor&) { return ""; });
  }
};

class PthHandler : public FileHandler {
 public:
  absl::StatusOr<Value> Load(absl::string_view bytes) const override {
    return ReadPth(bytes, "the file");
  }
  absl::StatusOr<std::string> Dump(const Value& value) const override {
    std::string bytes;
    RETURN_IF_ERROR(WritePth(value, "archive", OutputToBytes(&bytes)));
    return bytes;
  }
};

class SafetensorsHandler : public FileHandler {
 public:
  absl::StatusOr<Value> Load(absl::string_view bytes) const override {
    ASSIGN_OR_RETURN(Safetensors content, ReadSafetensors(bytes));
    return Value(std::move(content.tensors));
  }
  absl::StatusOr<std::string> Dump(const Value& value) const override {
    ASSIGN_OR_RETURN(const Dict* tensors, value.AsDict("safetensors"));
    std::string bytes;
    RETURN_IF_ERROR(
        WriteSafetensors({*tensors, {}}, OutputToBytes(&bytes).get()));
    return bytes;
  }
};

class NpyHandler : public FileHandler {
 public:
  absl::StatusOr<Value> Load(absl::string_view bytes) const override {
    ASSIGN_OR_RETURN(at::Tensor array, ReadNpy(bytes));
    return Value(std::move(array));
  }
  absl::StatusOr<std::string> Dump(const Value& value) const override {
    ASSIGN_OR_RETURN(const at::Tensor tensor, value.AsTensor("npy"));
    return NpyBytes(tensor);
  }
};

class NpzHandler : public FileHandler {
 public:
  absl::StatusOr<Value> Load(absl::string_view bytes) const override {
    ASSIGN_OR_RETURN(Dict arrays, ReadNpz(bytes));
    return Value(std::move(arrays));
  }
  absl::StatusOr<std::string> Dump(const Value& value) const override {
    ASSIGN_OR_RETURN(const Dict* arrays, value.AsDict("npz"));
    std::string bytes;
    RETURN_IF_ERROR(WriteNpz(*arrays, OutputToBytes(&bytes)));
    return bytes;
  }
};

const fileio::HandlerRegistration kJson({"json"},
                                        std::make_shared<JsonHandler>());
const fileio::HandlerRegistration kYaml({"yaml", "yml"},
                                        std::make_shared<YamlHandler>());
const fileio::HandlerRegistration kPickle({"pickle", "pkl"},
                                          std::make_shared<PickleHandler>());
const fileio::HandlerRegistration kPth({"pth", "pt"},
                                       std::make_shared<PthHandler>());
const fileio::HandlerRegistration kSafetensors(
    {"safetensors"}, std::make_shared<SafetensorsHandler>());
const fileio::HandlerRegistration kNpy({"npy"}, std::make_shared<NpyHandler>());
const fileio::HandlerRegistration kNpz({"npz"}, std::make_shared<NpzHandler>());

}  // namespace
}  // namespace anneal
