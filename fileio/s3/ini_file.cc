#include "fileio/s3/ini_file.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace anneal {
namespace {

// A comment after a value has a blank before it.
absl::string_view WithoutComment(absl::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    const bool begins = i == 0 || absl::ascii_isspace(line[i - 1]);
    if (begins && (line[i] == '#' || line[i] == ';')) return line.substr(0, i);
  }
  return line;
}

class IniParser {
 public:
  explicit IniParser(absl::string_view path) : path_(path) {}

  absl::Status Take(absl::string_view line) {
    ++line_number_;
    const bool is_indented = !line.empty() && absl::ascii_isspace(line[0]);
    line = absl::StripAsciiWhitespace(WithoutComment(line));
    if (line.empty()) return absl::OkStatus();
    if (line[0] == '[' && !is_indented) return TakeSection(line);
    const size_t equals = line.find('=');
    if (equals == line.npos || equals == 0) {
      return Wrong("neither \"[section]\" nor \"name = value\"");
    }
    if (section_ == nullptr) return Wrong("a value before the first [section]");
    return TakeValue(is_indented, line.substr(0, equals),
                     absl::StripAsciiWhitespace(line.substr(equals + 1)));
  }

  IniFile& file() { return file_; }

 private:
  absl::Status Wrong(absl::string_view what) const {
    return absl::InvalidArgumentError(
        absl::StrCat(path_, ":", line_number_, ": ", what));
  }

  absl::Status TakeSection(absl::string_view line) {
    if (line.back() != ']') return Wrong("a section's name ends with \"]\"");
    const std::string name(
        absl::StripAsciiWhitespace(line.substr(1, line.size() - 2)));
    const auto [it, is_new] = file_.emplace(name, IniSection());
    if (!is_new) return Wrong("a section that was there before; join them");
    section_ = &it->second;
    outer_.clear();
    return absl::OkStatus();
  }

  absl::Status TakeValue(bool is_indented, absl::string_view name,
                         absl::string_view value) {
    std::string key = absl::AsciiStrToLower(absl::StripAsciiWhitespace(name));
    if (is_indented && !outer_.empty()) {
      key = absl::StrCat(outer_, ".", key);
    } else {
      outer_ = value.empty() ? key : "";
    }
    if (section_->emplace(key, std::string(value)).second) {
      return absl::OkStatus();
    }
    return Wrong("a name that the section has already; remove one of them");
  }

  const absl::string_view path_;
  int line_number_ = 0;
  IniFile file_;
  IniSection* section_ = nullptr;
  // The name, without a value, that indented lines belong to.
  std::string outer_;
};

}  // namespace

absl::StatusOr<IniFile> ParseIni(absl::string_view text,
                                 absl::string_view path) {
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");
  IniParser parser(path);
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    const absl::Status status = parser.Take(line);
    if (!status.ok()) return status;
  }
  return std::move(parser.file());
}

}  // namespace anneal
