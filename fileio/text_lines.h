// Lists and dicts in text files, a line each.
#ifndef ANNEAL_FILEIO_TEXT_LINES_H_
#define ANNEAL_FILEIO_TEXT_LINES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
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

// mmengine's list_from_file: the lines of a UTF-8 text, without their ends. No
// more is read than is asked for. InvalidArgument, with path and line, for one
// that is not UTF-8 or has more than 64 MiB; OpenInput's errors.
absl::StatusOr<std::vector<std::string>> ListFromFile(
    const std::string& path, const ListFromFileOptions& options = {},
    const BackendArgs& args = {});

// Calls `take` with each line of the file, without its end, and its number from
// 1, until it is false. ListFromFile's errors; an error of `take` with the path
// and the number before it.
absl::Status ForEachLine(const std::string& path, const BackendArgs& args,
                         const std::function<absl::StatusOr<bool>(
                             absl::string_view line, int64_t number)>& take);

// The words of a line: parted by white space, Unicode's too, as Python's
// str.split() does. `line` is UTF-8.
std::vector<std::string> SplitWords(absl::string_view line);

}  // namespace anneal::fileio

#endif  // ANNEAL_FILEIO_TEXT_LINES_H_
