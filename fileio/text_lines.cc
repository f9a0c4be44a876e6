#include "fileio/text_lines.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "fileio/backend_registry.h"
#include "fileio/file_backend.h"
#include "fileio/line_reader.h"
#include "fileio/uri.h"
#include "fileio/utf8.h"
#include "utils/annotate.h"
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

absl::Status ForEachLine(const std::string& path, const BackendArgs& args,
                         const std::function<absl::StatusOr<bool>(
                             absl::string_view line, int64_t number)>& take) {
  ASSIGN_OR_RETURN(const FileBackend* backend, GetFileBackend(path, args));
  ASSIGN_OR_RETURN(const auto input, backend->OpenInput(path));
  LineReader reader(input.get(), backend->translates_line_ends());
  while (true) {
    const auto line = reader.Next();
    if (!line.ok()) return Annotate(line.status(), ShownPath(path));
    if (!*line) return absl::OkStatus();
    const absl::StatusOr<bool> goes_on = take(**line, reader.num_lines());
    if (!goes_on.ok()) {
      return Annotate(goes_on.status(), absl::StrCat(ShownPath(path), ": line ",
                                                     reader.num_lines()));
    }
    if (!*goes_on) return absl::OkStatus();
  }
}

absl::StatusOr<std::vector<std::string>> ListFromFile(
    const std::string& path, const ListFromFileOptions& options,
    const BackendArgs& args) {
  std::vector<std::string> lines;
  RETURN_IF_ERROR(ForEachLine(
      path, args,
      [&](absl::string_view line, int64_t number) -> absl::StatusOr<bool> {
        if (number <= options.offset) return true;
        while (absl::ConsumeSuffix(&line, "\r")) {
        }
        lines.push_back(absl::StrCat(options.prefix, line));
        return options.max_num <= 0 || lines.size() < options.max_num;
      }));
  return lines;
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
