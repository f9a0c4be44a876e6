#include <ATen/core/Tensor.h>
#include <ATen/ops/view_as_real.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "fileio/utf8.h"
#include "fileio/yaml/yaml.h"
#include "fileio/yaml/yaml_scalar.h"
#include "utils/real_text.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// As PyYAML writes a float: a point before every exponent.
std::string Real(double value) {
  if (std::isnan(value)) return ".nan";
  if (std::isinf(value)) return value < 0 ? "-.inf" : ".inf";
  const std::string text = RealText(value);
  if (absl::StrContains(text, '.')) return text;
  return absl::StrReplaceAll(text, {{"e", ".0e"}});
}

// Whether a text may stand without quotes, by PyYAML's rules for block style.
bool IsPlain(absl::string_view text) {
  if (text.empty() || text.front() == ' ' || text.back() == ' ' ||
      absl::StartsWith(text, "---") || absl::StartsWith(text, "...") ||
      absl::StrContains("#,[]{}&*!|>'\"%@`", text.front())) {
    return false;
  }
  for (size_t i = 0; i < text.size(); ++i) {
    const bool ends_word = i + 1 == text.size() || text[i + 1] == ' ';
    if (i == 0 && absl::StrContains("?-:", text[i]) && ends_word) return false;
    if (text[i] == ':' && ends_word) return false;
    if (text[i] == '#' && i > 0 && text[i - 1] == ' ') return false;
  }
  return IsYamlText(text);
}

// With what no printer has as an escape, also what is beyond ASCII.
std::string DoubleQuoted(absl::string_view text) {
  static constexpr std::pair<char32_t, char> kNames[] = {
      {0, '0'},     {7, 'a'},    {8, 'b'},    {9, 't'},      {10, 'n'},
      {11, 'v'},    {12, 'f'},   {13, 'r'},   {27, 'e'},     {'"', '"'},
      {'\\', '\\'}, {0x85, 'N'}, {0xA0, '_'}, {0x2028, 'L'}, {0x2029, 'P'}};
  std::string out = "\"";
  for (const char32_t c : CodePointsOf(text)) {
    const auto* name =
        std::find_if(std::begin(kNames), std::end(kNames),
                     [c](const auto& known) { return known.first == c; });
    if (name != std::end(kNames)) {
      out += {'\\', name->second};
    } else if (c >= 0x20 && c < 0x7F) {
      out += static_cast<char>(c);
    } else if (c <= 0xFF) {
      absl::StrAppendFormat(&out, "\\x%02X", static_cast<uint32_t>(c));
    } else if (c <= 0xFFFF) {
      absl::StrAppendFormat(&out, "\\u%04X", static_cast<uint32_t>(c));
    } else {
      absl::StrAppendFormat(&out, "\\U%08X", static_cast<uint32_t>(c));
    }
  }
  return out + "\"";
}

absl::StatusOr<std::string> Text(absl::string_view text) {
  if (!IsUtf8(text)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a text that is not UTF-8 can't be YAML: \"",
        absl::CHexEscape(text.substr(0, 40)), "\"; make it Value::Bytes"));
  }
  const bool is_printable =
      std::all_of(text.begin(), text.end(), absl::ascii_isprint);
  if (!is_printable) return DoubleQuoted(text);
  if (IsPlain(text)) return std::string(text);
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "''"}}), "'");
}

Value Elements(const at::Tensor& tensor) {
  if (!tensor.defined()) return Value();
  if (tensor.is_complex()) return Elements(at::view_as_real(tensor));
  if (tensor.dim() == 0) {
    if (tensor.is_floating_point()) return tensor.item<double>();
    if (tensor.scalar_type() == at::kBool) return tensor.item<bool>();
    return tensor.item<int64_t>();
  }
  Value::List list;
  for (int64_t i = 0; i < tensor.size(0); ++i) {
    list.push_back(Elements(tensor[i]));
  }
  return list;
}

class YamlWriter {
 public:
  // Writes what follows "key:" or "-" on its line, and the lines below. A list
  // or dict begins at once where `starts_line`.
  absl::Status Write(const Value& value, int indent, bool starts_line,
                     bool is_in_dict) {
    if (const auto* tensor = value.get_if<at::Tensor>()) {
      return Write(Elements(*tensor), indent, starts_line, is_in_dict);
    }
    using Object = std::shared_ptr<const ValueObject>;
    if (const auto* object = value.get_if<Object>()) {
      return Write((*object)->ToValue(), indent, starts_line, is_in_dict);
    }
    if (const auto* list = value.get_if<Value::List>();
        list && !list->empty()) {
      // A list stands below its key without an indent.
      const int own = is_in_dict ? indent - 2 : indent;
      return WriteList(*list, own, starts_line);
    }
    if (const auto* dict = value.get_if<Dict>(); dict && !dict->empty()) {
      return WriteDict(*dict, indent, starts_line);
    }
    ASSIGN_OR_RETURN(const std::string text, Scalar(value, indent));
    absl::StrAppend(&out_, starts_line ? "" : " ", text, "\n");
    return absl::OkStatus();
  }

  std::string Take() { return std::move(out_); }

 private:
  static absl::StatusOr<std::string> Scalar(const Value& value, int indent) {
    if (const auto* flag = value.get_if<bool>()) {
      return std::string(*flag ? "true" : "false");
    }
    if (const auto* integer = value.get_if<int64_t>()) {
      return absl::StrCat(*integer);
    }
    if (const auto* real = value.get_if<double>()) return Real(*real);
    if (const auto* text = value.get_if<std::string>()) return Text(*text);
    if (const auto* bytes = value.get_if<Value::Bytes>()) {
      return absl::StrCat("!!binary |\n", std::string(indent + 2, ' '),
                          absl::Base64Escape(bytes->data));
    }
    if (value.get_if<Value::List>() != nullptr) return std::string("[]");
    if (value.get_if<Dict>() != nullptr) return std::string("{}");
    return std::string("null");
  }

  // Breaks the line that a key has begun, or goes on after "- ".
  void StartItem(int indent, bool* starts_line) {
    if (!*starts_line) {
      if (!out_.empty() && out_.back() != '\n') out_ += '\n';
      out_.append(indent, ' ');
    }
    *starts_line = false;
  }

  absl::Status WriteList(const Value::List& list, int indent,
                         bool starts_line) {
    for (const Value& item : list) {
      StartItem(indent, &starts_line);
      out_ += "- ";
      RETURN_IF_ERROR(Write(item, indent + 2, /*starts_line=*/true,
                            /*is_in_dict=*/false));
    }
    return absl::OkStatus();
  }

  absl::Status WriteDict(const Dict& dict, int indent, bool starts_line) {
    std::vector<const Dict::Item*> items;
    for (const Dict::Item& item : dict) items.push_back(&item);
    // Python can't sort texts among integers, and then leaves them.
    const bool is_sortable =
        std::all_of(items.begin(), items.end(), [&](const Dict::Item* item) {
          return item->first.index() == items[0]->first.index();
        });
    if (is_sortable) {
      std::sort(items.begin(), items.end(),
                [](const Dict::Item* a, const Dict::Item* b) {
                  return a->first < b->first;
                });
    }
    for (const Dict::Item* item : items) {
      constexpr size_t kLongestKey = 1000;
      const auto* name = std::get_if<std::string>(&item->first);
      std::string key = KeyString(item->first);
      if (name != nullptr) {
        ASSIGN_OR_RETURN(key, Text(*name));
      }
      if (key.size() > kLongestKey) {  // with its escapes
        return absl::InvalidArgumentError(
            absl::StrCat("a key of ", key.size(), " bytes can't be YAML: ",
                         key.substr(0, 40), "...; 1000 are the most"));
      }
      StartItem(indent, &starts_line);
      absl::StrAppend(&out_, key, ":");
      RETURN_IF_ERROR(Write(item->second, indent + 2, /*starts_line=*/false,
                            /*is_in_dict=*/true));
    }
    return absl::OkStatus();
  }

  std::string out_;
};

}  // namespace

absl::StatusOr<std::string> ToYaml(const Value& value) {
  YamlWriter writer;
  RETURN_IF_ERROR(writer.Write(value, 0, /*starts_line=*/true,
                               /*is_in_dict=*/false));
  return writer.Take();
}

}  // namespace anneal
