#include "fileio/safetensors.h"

#include <ATen/ops/empty.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "fileio/little_endian.h"
#include "fileio/local/local_stream.h"
#include "fileio/local/mapped_file.h"
#include "fileio/uri.h"
#include "fileio/utf8.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

using Json = nlohmann::ordered_json;

constexpr uint64_t kMaxHeader = 100000000;
constexpr uint64_t kMaxBytes = uint64_t{1} << 62;
constexpr char kMetadataKey[] = "__metadata__";

// In the reference's order, in which files are written largest first.
constexpr std::pair<const char*, at::ScalarType> kDtypes[] = {
    {"BOOL", at::kBool},
    {"U8", at::kByte},
    {"I8", at::kChar},
    {"F8_E5M2", at::kFloat8_e5m2},
    {"F8_E4M3", at::kFloat8_e4m3fn},
    {"F8_E8M0", at::kFloat8_e8m0fnu},
    {"F8_E4M3FNUZ", at::kFloat8_e4m3fnuz},
    {"F8_E5M2FNUZ", at::kFloat8_e5m2fnuz},
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
    return Bad(absl::StrCat("dtype ", dtype, " is none that Anneal reads"));
  }
  entry.dtype = found->second;
  unsigned __int128 bytes = c10::elementSize(entry.dtype);
  for (const Json& dim : json["shape"]) {
    if (!dim.is_number_unsigned()) {
      return Bad("a dimension is no natural number");
    }
    const uint64_t size = dim.get<uint64_t>();
    bytes *= size;
    if (size > kMaxBytes || bytes > kMaxBytes) {
      return Bad("its shape is too large");
    }
    entry.shape.push_back(size);
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
  bool is_deep = false;
  std::vector<std::set<std::string>> keys;
  // What is too deep is dropped as it comes, so it takes no memory.
  const auto watch = [&](int depth, Json::parse_event_t event, Json& parsed) {
    constexpr int kMaxDepth = 3;
    is_deep |= depth > kMaxDepth;
    if (is_deep) return false;
    if (event == Json::parse_event_t::object_start) keys.emplace_back();
    if (event == Json::parse_event_t::object_end) keys.pop_back();
    if (event == Json::parse_event_t::key) {
      has_duplicate |= !keys.back().insert(parsed.get<std::string>()).second;
    }
    return true;
  };
  Json json = Json::parse(text.begin(), text.end(), watch,
                          /*allow_exceptions=*/false);
  if (is_deep) return Bad("its header is nested too deeply");
  if (json.is_discarded() || !json.is_object()) {
    return Bad("its header is no JSON object");
  }
  if (has_duplicate) return Bad("its header has a key twice");
  return json;
}

// The header's text; `data` becomes what follows it.
absl::StatusOr<absl::string_view> TakeHeader(absl::string_view bytes,
                                             absl::string_view* data) {
  constexpr size_t kSizeSize = 8;
  if (bytes.size() < kSizeSize) {
    return absl::DataLossError(
        "shorter than its header's length; the file is truncated or no "
        "safetensors file");
  }
  const uint64_t size = LoadLittleEndian(bytes.data(), kSizeSize);
  if (size > kMaxHeader || size > bytes.size() - kSizeSize) {
    return absl::DataLossError(
        absl::StrCat("its header is said to have ", size,
                     " bytes; the file is truncated or no safetensors file"));
  }
  const absl::string_view header = bytes.substr(kSizeSize, size);
  if (header.empty() || header[0] != '{') return Bad("its header is no JSON");
  *data = bytes.substr(kSizeSize + size);
  return header;
}

absl::StatusOr<std::map<std::string, std::string>> ParseMetadata(
    const Json& json) {
  if (!json.is_object()) return Bad("__metadata__ is no dict");
  std::map<std::string, std::string> metadata;
  for (const auto& [key, text] : json.items()) {
    if (!text.is_string()) return Bad("__metadata__ may hold texts only");
    metadata[key] = text;
  }
  return metadata;
}

// Whether the entries, sorted by their bytes, cover `data`.
absl::Status CheckCover(const std::vector<Entry>& entries,
                        absl::string_view data) {
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
                       ": the file ends inside its bytes; it is truncated"));
    }
  }
  if (position == data.size()) return absl::OkStatus();
  return Bad(
      absl::StrCat(data.size() - position, " bytes follow the last tensor"));
}

using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

// The dict's tensors, contiguous on the host, in the reference's order.
absl::StatusOr<NamedTensors> Sorted(const Dict& dict) {
  std::map<std::string, at::Tensor> by_name;
  for (const auto& [key, value] : dict) {
    const std::string name = KeyString(key);
    if (name == kMetadataKey || !IsUtf8(name)) {
      return Bad(absl::StrCat("a tensor can't be named \"",
                              absl::CHexEscape(name), "\""));
    }
    const auto* tensor = value.get_if<at::Tensor>();
    if (tensor == nullptr || !tensor->defined()) {
      return Bad(absl::StrCat(name, " is ",
                              tensor ? "undefined" : value.type_name(),
                              ", not a tensor"));
    }
    if (DtypeRank(tensor->scalar_type()) < 0) {
      return Bad(absl::StrCat(name, " is ",
                              c10::toString(tensor->scalar_type()),
                              ", which safetensors has no dtype for"));
    }
    absl::StatusOr<at::Tensor> dense = CatchTorchError([&] {
      return tensor->detach().cpu().resolve_conj().resolve_neg().contiguous();
    });
    if (!dense.ok() || dense->layout() != at::kStrided) {
      return Bad(absl::StrCat(name, " is not dense; store its to_dense()"));
    }
    if (!by_name.emplace(name, *std::move(dense)).second) {
      return Bad(absl::StrCat(name, " is there as a text and as an integer"));
    }
  }
  NamedTensors tensors(by_name.begin(), by_name.end());
  std::stable_sort(tensors.begin(), tensors.end(),
                   [](const auto& a, const auto& b) {
                     return DtypeRank(a.second.scalar_type()) >
                            DtypeRank(b.second.scalar_type());
                   });
  return tensors;
}

// The file's bytes before those of the tensors.
absl::StatusOr<std::string> MakeHead(
    const std::map<std::string, std::string>& metadata,
    const NamedTensors& tensors) {
  Json header = Json::object();
  if (!metadata.empty()) header[kMetadataKey] = metadata;
  for (const auto& [key, text] : metadata) {
    if (!IsUtf8(key) || !IsUtf8(text)) {
      return Bad(absl::StrCat("the metadata's \"", absl::CHexEscape(key),
                              "\" is not UTF-8"));
    }
  }
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
  return head + text;
}

}  // namespace

absl::StatusOr<Safetensors> ReadSafetensors(absl::string_view bytes) {
  absl::string_view data;
  ASSIGN_OR_RETURN(const absl::string_view header, TakeHeader(bytes, &data));
  ASSIGN_OR_RETURN(const Json json, ParseHeader(header));
  Safetensors result;
  std::vector<Entry> entries;
  for (const auto& [name, value] : json.items()) {
    if (name == kMetadataKey) {
      ASSIGN_OR_RETURN(result.metadata, ParseMetadata(value));
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
  RETURN_IF_ERROR(CheckCover(entries, data));
  for (const Entry& entry : entries) {
    ASSIGN_OR_RETURN(at::Tensor tensor, CatchTorchError([&] {
                       return at::empty(entry.shape, entry.dtype);
                     }));
    if (tensor.nbytes() > 0) {
      std::memcpy(tensor.mutable_data_ptr(), data.data() + entry.begin,
                  tensor.nbytes());
    }
    result.tensors[entry.name] = std::move(tensor);
  }
  return result;
}

absl::StatusOr<Safetensors> LoadSafetensors(const std::string& path) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  absl::StatusOr<Safetensors> loaded = ReadSafetensors(file.bytes());
  if (!loaded.ok()) return Annotate(loaded.status(), ShownPath(path));
  return loaded;
}

absl::Status WriteSafetensors(const Safetensors& content,
                              OutputStream* output) {
  ASSIGN_OR_RETURN(const NamedTensors tensors, Sorted(content.tensors));
  ASSIGN_OR_RETURN(const std::string head, MakeHead(content.metadata, tensors));
  RETURN_IF_ERROR(output->Append(head));
  for (const auto& [name, tensor] : tensors) {
    RETURN_IF_ERROR(output->Append(absl::string_view(
        static_cast<const char*>(tensor.const_data_ptr()), tensor.nbytes())));
  }
  return output->Close();
}

absl::Status SaveSafetensors(const Safetensors& content,
                             const std::string& path) {
  ASSIGN_OR_RETURN(auto output, OpenLocalOutput(path));
  const absl::Status status = WriteSafetensors(content, output.get());
  // What the file system says names the path.
  return absl::StrContains(status.message(), path)
             ? status
             : Annotate(status, ShownPath(path));
}

}  // namespace anneal
