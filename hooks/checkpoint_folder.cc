#include "hooks/checkpoint_folder.h"

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "fileio/file_client.h"
#include "utils/path.h"

namespace anneal {

std::string CheckpointFolder(const CheckpointHookConfig& config,
                             const std::string& work_dir) {
  const std::string out_dir = ExpandUser(config.out_dir());
  if (!config.has_out_dir() || out_dir == work_dir) return work_dir;
  const absl::string_view path = absl::StripSuffix(work_dir, "/");
  return fileio::JoinPath(out_dir, path.substr(path.rfind('/') + 1));
}

}  // namespace anneal
