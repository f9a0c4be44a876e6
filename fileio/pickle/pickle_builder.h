// Pickles by hand, for tests.
#ifndef ANNEAL_FILEIO_PICKLE_PICKLE_BUILDER_H_
#define ANNEAL_FILEIO_PICKLE_PICKLE_BUILDER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "fileio/little_endian.h"

// Each gives the opcodes that push one object.
namespace anneal::pickle {

inline std::string Int(int64_t value) {
  std::string out = "\x8a\x08";  // LONG1
  AppendLittleEndian(static_cast<uint64_t>(value), 8, &out);
  return out;
}

inline std::string Text(absl::string_view text) {
  std::string out = "X";  // BINUNICODE
  AppendLittleEndian(text.size(), 4, &out);
  return absl::StrCat(out, text);
}

inline std::string Global(absl::string_view module, absl::string_view name) {
  return absl::StrCat("c", module, "\n", name, "\n");
}

inline std::string Tuple(const std::vector<std::string>& items) {
  return absl::StrCat("(", absl::StrJoin(items, ""), "t");
}

inline std::string Ints(const std::vector<int64_t>& values) {
  std::vector<std::string> items;
  for (const int64_t value : values) items.push_back(Int(value));
  return Tuple(items);
}

inline std::string List(const std::vector<std::string>& items) {
  return absl::StrCat("](", absl::StrJoin(items, ""), "e");
}

// Key, value, key, value ...
inline std::string Dict(const std::vector<std::string>& items) {
  return absl::StrCat("}(", absl::StrJoin(items, ""), "u");
}

inline std::string Call(absl::string_view callee,
                        const std::vector<std::string>& args) {
  return absl::StrCat(callee, Tuple(args), "R");
}

inline std::string Build(absl::string_view object, absl::string_view state) {
  return absl::StrCat(object, state, "b");
}

// A latin-1 text's bytes.
inline std::string Bytes(absl::string_view text) {
  return Call(Global("_codecs", "encode"), {Text(text), Text("latin1")});
}

// torch's storage `key` of `numel` elements.
inline std::string Storage(absl::string_view module,
                           absl::string_view class_name, absl::string_view key,
                           int64_t numel) {
  return absl::StrCat(Tuple({Text("storage"), Global(module, class_name),
                             Text(key), Text("cpu"), Int(numel)}),
                      "Q");
}

// A view of a FloatStorage "0" of `numel` elements.
inline std::string Tensor(int64_t numel, int64_t offset,
                          const std::vector<int64_t>& sizes,
                          const std::vector<int64_t>& strides) {
  return Call(
      Global("torch._utils", "_rebuild_tensor_v2"),
      {Storage("torch", "FloatStorage", "0", numel), Int(offset), Ints(sizes),
       Ints(strides), "\x89", Call(Global("collections", "OrderedDict"), {})});
}

// The whole pickle.
inline std::string Pickle(absl::string_view object) {
  return absl::StrCat("\x80\x02", object, ".");
}

}  // namespace anneal::pickle

#endif  // ANNEAL_FILEIO_PICKLE_PICKLE_BUILDER_H_
