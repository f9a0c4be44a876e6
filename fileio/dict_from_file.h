// Dicts in text files.
#ifndef ANNEAL_FILEIO_DICT_FROM_FILE_H_
#define ANNEAL_FILEIO_DICT_FROM_FILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "fileio/backend_args.h"
#include "utils/value.h"

namespace anneal::fileio {

// What the keys of a dict are: Python's str or int.
enum class KeyType { kStr, kInt };

// mmengine's dict_from_file: each line of a UTF-8 text is a key and a value, or
// values, parted by white space: `cat 1` gives the text "1", `dog 2 3` the list
// ["2", "3"]. The last of two equal keys counts. InvalidArgument, with path and
// line, for a line of fewer than two words or a key that is no integer of 64
// bits; ListFromFile's errors.
absl::StatusOr<Dict> DictFromFile(const std::string& path,
                                  KeyType key_type = KeyType::kStr,
                                  const BackendArgs& args = {});

}  // namespace anneal::fileio

#endif  // ANNEAL_FILEIO_DICT_FROM_FILE_H_
