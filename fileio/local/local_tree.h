// What a folder of this machine holds.
#ifndef ANNEAL_FILEIO_LOCAL_LOCAL_TREE_H_
#define ANNEAL_FILEIO_LOCAL_LOCAL_TREE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace anneal {

struct LocalTreeEntry {
  std::string name;  // relative to the folder
  bool is_folder;
};

// All below `folder`, a folder before what it holds, hidden files too. Links
// are followed, those to folders as well; one that leads nowhere or in circles
// is an error that names it, as is what can't be read.
absl::StatusOr<std::vector<LocalTreeEntry>> ListLocalTree(
    const std::string& folder);

}  // namespace anneal

#endif  // ANNEAL_FILEIO_LOCAL_LOCAL_TREE_H_
