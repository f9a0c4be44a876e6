#include "fileio/value_text.h"

#include <cstdint>
#include <cstring>
#include <fstream>
#include <sstream>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "fileio/pickle/torch_storage.h"

namespace anneal {
namespace {

std::string OrDash(const std::string& text) {
  return text.empty() ? "-" : text;
}

std::string Hex(absl::string_view bytes) {
  return OrDash(absl::BytesToHexString(bytes));
}

std::string TensorText(const at::Tensor& tensor) {
  const at::Tensor dense = tensor.contiguous();
  const absl::string_view bytes(
      static_cast<const char*>(dense.const_data_ptr()), dense.nbytes());
  return absl::StrCat("tensor ", DtypeName(tensor.scalar_type()).value_or("?"),
                      " ", OrDash(absl::StrJoin(tensor.sizes(), ",")), " ",
                      OrDash(absl::StrJoin(tensor.strides(), ",")), " ",
                      Hex(bytes));
}

std::string BitsText(double real) {
  uint64_t bits;
  std::memcpy(&bits, &real, sizeof(bits));
  return absl::StrFormat("%016x", bits);
}

std::string LeafText(const Value& value) {
  if (const auto* tensor = value.get_if<at::Tensor>()) {
    return TensorText(*tensor);
  }
  if (const auto* flag = value.get_if<bool>()) {
    return *flag ? "bool True" : "bool False";
  }
  if (const auto* integer = value.get_if<int64_t>()) {
    return absl::StrCat("int ", *integer);
  }
  if (const auto* real = value.get_if<double>()) {
    return absl::StrCat("float ", BitsText(*real));
  }
  if (const auto* text = value.get_if<std::string>()) {
    return absl::StrCat("str ", Hex(*text));
  }
  if (const auto* bytes = value.get_if<Value::Bytes>()) {
    return absl::StrCat("bytes ", Hex(bytes->data));
  }
  return "NoneType None";
}

void Append(const Value& value, const std::string& path, std::string* out) {
  if (const auto* dict = value.get_if<Dict>()) {
    for (const auto& [key, item] : *dict) {
      Append(item, absl::StrCat(path, "/", KeyString(key)), out);
    }
  } else if (const auto* list = value.get_if<Value::List>()) {
    for (size_t i = 0; i < list->size(); ++i) {
      Append((*list)[i], absl::StrCat(path, "/", i), out);
    }
  } else {
    absl::StrAppend(out, path, " ", LeafText(value), "\n");
  }
}

}  // namespace

std::string ValueText(const Value& value) {
  std::string out;
  Append(value, "", &out);
  return out;
}

std::string ReadTestdata(const std::string& name) {
  std::ifstream file("fileio/testdata/" + name, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace anneal
