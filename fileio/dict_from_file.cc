#include "fileio/dict_from_file.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "fileio/file_client.h"
#include "fileio/text_lines.h"
#include "fileio/uri.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"

namespace anneal::fileio {

absl::StatusOr<Dict> DictFromText(absl::string_view text, KeyType key_type) {
  Dict dict;
  int number = 0;
  for (const std::string& line : ListFromText(text)) {
    ++number;
    std::vector<std::string> words = SplitWords(line);
    if (words.size() < 2) {
      return absl::InvalidArgumentError(absl::StrCat(
          "line ", number, ": expected a key and a value, found \"",
          absl::CHexEscape(line.substr(0, 100)), "\""));
    }
    Dict::Key key = words[0];
    if (key_type == KeyType::kInt) {
      int64_t integer = 0;
      if (!absl::SimpleAtoi(words[0], &integer)) {
        return absl::InvalidArgumentError(
            absl::StrCat("line ", number,
                         ": expected an integer for a key, "
                         "found \"",
                         absl::CHexEscape(words[0]), "\""));
      }
      key = integer;
    }
    if (words.size() == 2) {
      dict.Set(std::move(key), std::move(words[1]));
    } else {
      dict.Set(std::move(key), Value::List(words.begin() + 1, words.end()));
    }
  }
  return dict;
}

absl::StatusOr<Dict> DictFromFile(const std::string& path, KeyType key_type,
                                  const BackendArgs& args) {
  ASSIGN_OR_RETURN(const std::string text, GetText(path, args));
  absl::StatusOr<Dict> dict = DictFromText(text, key_type);
  if (!dict.ok()) return Annotate(dict.status(), ShownPath(path));
  return dict;
}

}  // namespace anneal::fileio
