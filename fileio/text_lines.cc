#include "fileio/text_lines.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "fileio/file_client.h"
#include "fileio/utf8.h"
#include "utils/status_macros.h"

namespace anneal::fileio {
namespace {

// Python's str.isspace().
bool IsSpace(char32_t c) {
  return (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x20) || c == 0x85 ||
         c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
         c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

}  // namespace

std::vector<std::string> ListFromText(absl::string_view text,
                                      const ListFromFileOptions& options) {
  std::vector<std::string> lines;
  for (int number = 0; !text.empty(); ++number) {
    const size_t end = text.find('\n');
    absl::string_view line = text.substr(0, end);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (number < options.offset) continue;
    if (options.max_num > 0 && lines.size() >= options.max_num) break;
    while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    lines.push_back(absl::StrCat(options.prefix, line));
  }
  return lines;
}

absl::StatusOr<std::vector<std::string>> ListFromFile(
    const std::string& path, const ListFromFileOptions& options,
    const BackendArgs& args) {
  ASSIGN_OR_RETURN(const std::string text, GetText(path, args));
  return ListFromText(text, options);
}

std::vector<std::string> SplitWords(absl::string_view line) {
  std::vector<std::string> words;
  bool is_in_word = false;
  for (const char32_t c : CodePointsOf(line)) {
    const bool is_space = IsSpace(c);
    if (!is_space) {
      if (!is_in_word) words.emplace_back();
      AppendUtf8(c, &words.back());
    }
    is_in_word = !is_space;
  }
  return words;
}

}  // namespace anneal::fileio
