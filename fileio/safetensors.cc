#include "fileio/safetensors.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fileio/atomic_file.h"
#include "fileio/little_endian.h"
#include "fileio/mapped_file.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxHeader = 100000000;

// In the reference's order, in which files are written largest first.
constexpr std::pair<const char*, at::ScalarType> kDtypes[] = {
    {"BOOL", at::kBool},
    {"U8", at::kByte},
    {"I8", at::kChar},
    {"F8_E5M2", at::kFloat8_e5m2},
    {"F8_E4M3", at::kFloat8_e4m3fn},
    {"I16", at::kShort},
    {"U16", at::kUInt16},
    {"F16", at::kHalf},
    {"BF16", at::kBFloat16},
    {"I32", at::kInt},
    {"U32", at::kUInt32},
    {"F32", at::kFloat},
    {"C64", at::kComplexFloat},
    {"F64", at::kDouble},
    {"I64", at::kLong},
    {"U64", at::kUInt64},
};

int DtypeRank(at::ScalarType dtype) {
  for (size_t i = 0; i < std::size(kDtypes); ++i) {
    if (kDtypes[i].second == dtype) return i;
  }
  return -1;
}

absl::Status Bad(absl::string_view what) {
  return absl::InvalidArgumentError(what);
}

struct Entry {
  std::string name;
  at::ScalarType dtype = at::kFloat;
  std::vector<int64_t> shape;
  uint64_t begin = 0;
  uint64_t end = 0;
};

absl::StatusOr<Entry> ParseEntry(const std::string& name, const Json& json) {
  Entry entry;
  entry.name = name;
  if (!json.is_object() || json.size() != 3 || !json.contains("dtype") ||
      !json.contains("shape") || !json.contains("data_offsets") ||
      !json["dtype"].is_string() || !json["shape"].is_array()) {
    return Bad("needs exactly dtype, shape and data_offsets");
  }
  const std::string dtype = json["dtype"];
  const auto* found =
      std::find_if(std::begin(kDtypes), std::end(kDtypes),
                   [&](const auto& item) { return dtype == item.first; });
  if (found == std::end(kDtypes)) {
    return Bad(absl::StrCat("dtype ", dtype, " is unknown"));
  }
  entry.dtype = found->second;
  unsigned __int128 bytes = c10::elementSize(entry.dtype);
  for (const Json& dim : json["shape"]) {
    if (!dim.is_number_unsigned())
      return Bad("a dimension is no natural number");
    entry.shape.push_back(dim.get<uint64_t>());
    bytes *= dim.get<uint64_t>();
    if (bytes > uint64_t{1} << 62) return Bad("its shape is too large");
  }
  const Json& offsets = json["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2 ||
      !offsets[0].is_number_unsigned() || !offsets[1].is_number_unsigned()) {
    return Bad("data_offsets must be two natural numbers");
  }
  entry.begin = offsets[0];
  entry.end = offsets[1];
  if (entry.end < entry.begin ||
      entry.end - entry.begin != static_cast<uint64_t>(bytes)) {
    return Bad(absl::StrCat("its shape needs ", static_cast<uint64_t>(bytes),
                            " bytes, data_offsets give ",
                            entry.end - entry.begin));
  }
  return entry;
}

// The header's JSON; nlohmann takes the last of two equal keys silently.
absl::StatusOr<Json> ParseHeader(absl::string_view text) {
  bool has_duplicate = false;
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int, Json::parse_event_t event, Json& parsed) {
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) {
      has_duplicate |= !keys.back().insert(parsed.get<std::string>()).second;
    }
    return true;
  };
  Json json = Json::parse(text.begin(), text.end(), watch,
                          /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) {
    return Bad("its header is no JSON object");
  }
  if (has_duplicate) return Bad("its header has a key twice");
  return json;
}

absl::StatusOr<Safetensors> Load(absl::string_view bytes) {
  if (bytes.size() < 8) {
    return absl::DataLossError(
        "shorter than its header's length; the file is "
        "truncated or no safetensors file");
  }
  const uint64_t header_size = LoadLittleEndian(bytes.data(), 8);
  if (header_size > kMaxHeader || header_size > bytes.size() - 8) {
    return absl::DataLossError(
        absl::StrCat("its header is said to have ", header_size,
                     " bytes; the file is truncated or no safetensors file"));
  }
  const absl::string_view header = bytes.substr(8, header_size);
  if (header.empty() || header[0] != '{') return Bad("its header is no JSON");
  ASSIGN_OR_RETURN(const Json json, ParseHeader(header));
  Safetensors result;
  std::vector<Entry> entries;
  for (const auto& [name, value] : json.items()) {
    if (name == "__metadata__") {
      if (!value.is_object()) return Bad("__metadata__ is no dict");
      for (const auto& [key, text] : value.items()) {
        if (!text.is_string()) return Bad("__metadata__ may hold texts only");
        result.metadata[key] = text;
      }
      continue;
    }
    absl::StatusOr<Entry> entry = ParseEntry(name, value);
    if (!entry.ok()) {
      return Bad(absl::StrCat("tensor ", name, ": ", entry.status().message()));
    }
    entries.push_back(*std::move(entry));
  }
  std::stable_sort(entries.begin(), entries.end(),
                   [](const Entry& a, const Entry& b) {
                     return std::tie(a.begin, a.end) < std::tie(b.begin, b.end);
                   });
  const absl::string_view data = bytes.substr(8 + header_size);
  uint64_t position = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != position) {
      return Bad(absl::StrCat("tensor ", entry.name, ": its bytes begin at ",
                              entry.begin, ", those before it end at ",
                              position));
    }
    position = entry.end;
    if (position > data.size()) {
      return absl::DataLossError(
          absl::StrCat("tensor ", entry.name,
                       ": the file ends inside its bytes; it is "
                       "truncated"));
    }
    at::Tensor tensor;
    RETURN_IF_ERROR(
        CatchTorchError([&] { tensor = at::empty(entry.shape, entry.dtype); }));
    if (tensor.nbytes() > 0) {
      std::memcpy(tensor.mutable_data_ptr(), data.data() + entry.begin,
                  tensor.nbytes());
    }
    result.tensors[entry.name] = std::move(tensor);
  }
  if (position != data.size()) {
    return Bad(
        absl::StrCat(data.size() - position, " bytes follow the last tensor"));
  }
  return result;
}

}  // namespace

absl::StatusOr<Safetensors> LoadSafetensors(const std::string& path) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  absl::StatusOr<Safetensors> loaded = Load(file.bytes());
  if (loaded.ok()) return loaded;
  return absl::Status(loaded.status().code(),
                      absl::StrCat(path, ": ", loaded.status().message()));
}

absl::Status SaveSafetensors(const Safetensors& content,
                             const std::string& path) {
  std::vector<std::pair<std::string, at::Tensor>> tensors;
  for (const auto& [key, value] : content.tensors) {
    const std::string name = KeyString(key);
    const auto* tensor = value.get_if<at::Tensor>();
    if (tensor == nullptr || DtypeRank(tensor->scalar_type()) < 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          path, ": ", name, " is ",
          tensor ? c10::toString(tensor->scalar_type()) : value.type_name(),
          ", which safetensors has no dtype for"));
    }
    tensors.emplace_back(name, tensor->detach().cpu().contiguous());
  }
  std::stable_sort(tensors.begin(), tensors.end(),
                   [](const auto& a, const auto& b) {
                     const int x = DtypeRank(a.second.scalar_type());
                     const int y = DtypeRank(b.second.scalar_type());
                     return x != y ? x > y : a.first < b.first;
                   });
  Json header = Json::object();
  if (!content.metadata.empty()) header["__metadata__"] = content.metadata;
  uint64_t position = 0;
  for (const auto& [name, tensor] : tensors) {
    const uint64_t end = position + tensor.nbytes();
    header[name] = {{"dtype", kDtypes[DtypeRank(tensor.scalar_type())].first},
                    {"shape", tensor.sizes().vec()},
                    {"data_offsets", {position, end}}};
    position = end;
  }
  std::string text = header.dump();
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string head;
  AppendLittleEndian(text.size(), 8, &head);
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(path));
  RETURN_IF_ERROR(file->Append(head + text));
  for (const auto& [name, tensor] : tensors) {
    RETURN_IF_ERROR(file->Append(absl::string_view(
        static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes())));
  }
  return file->Commit();
}

}  // namespace anneal
