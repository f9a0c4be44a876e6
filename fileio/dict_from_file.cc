#include "fileio/dict_from_file.h"

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "fileio/text_lines.h"
#include "utils/status_macros.h"

namespace anneal::fileio {
namespace {

absl::Status AddLine(absl::string_view line, KeyType key_type, Dict* dict) {
  std::vector<std::string> words = SplitWords(line);
  if (words.size() < 2) {
    return absl::InvalidArgumentError(
        absl::StrCat("expected a key and a value, found \"",
                     absl::CHexEscape(line.substr(0, 100)), "\""));
  }
  Dict::Key key = words[0];
  if (key_type == KeyType::kInt) {
    int64_t integer = 0;
    if (!absl::SimpleAtoi(words[0], &integer)) {
      return absl::InvalidArgumentError(
          absl::StrCat("expected an integer for a key, found \"",
                       absl::CHexEscape(words[0].substr(0, 100)), "\""));
    }
    key = integer;
  }
  if (words.size() == 2) {
    dict->Set(std::move(key), std::move(words[1]));
  } else {
    dict->Set(std::move(key), Value::List(words.begin() + 1, words.end()));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Dict> DictFromFile(const std::string& path, KeyType key_type,
                                  const BackendArgs& args) {
  Dict dict;
  RETURN_IF_ERROR(ForEachLine(
      path, args, [&](absl::string_view line, int64_t) -> absl::StatusOr<bool> {
        RETURN_IF_ERROR(AddLine(line, key_type, &dict));
        return true;
      }));
  return dict;
}

}  // namespace anneal::fileio
