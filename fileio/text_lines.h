// Lists and dicts in text files, a line each.
#ifndef ANNEAL_FILEIO_TEXT_LINES_H_
#define ANNEAL_FILEIO_TEXT_LINES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "fileio/backend_args.h"

namespace anneal::fileio {

struct ListFromFileOptions {
  // In front of each line.
  std::string prefix;
  // Lines at the file's start to leave out.
  int offset = 0;
  // The most lines to give; 0 and less: all.
  int max_num = 0;
};

// mmengine's list_from_file: the lines of a UTF-8 text, without their ends.
// GetText's errors.
absl::StatusOr<std::vector<std::string>> ListFromFile(
    const std::string& path, const ListFromFileOptions& options = {},
    const BackendArgs& args = {});

// The same of a text.
std::vector<std::string> ListFromText(absl::string_view text,
                                      const ListFromFileOptions& options = {});

// The words of a line: parted by white space, Unicode's too, as Python's
// str.split() does. `line` is UTF-8.
std::vector<std::string> SplitWords(absl::string_view line);

}  // namespace anneal::fileio

#endif  // ANNEAL_FILEIO_TEXT_LINES_H_
