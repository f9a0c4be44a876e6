// Where a run writes and what it is called.
#ifndef ANNEAL_RUNNER_RUN_FOLDERS_H_
#define ANNEAL_RUNNER_RUN_FOLDERS_H_

#include <string>

#include "absl/status/statusor.h"
#include "config/runner.pb.h"
#include "dist/communicator.h"

namespace anneal {

// The names of one start of a run, the same on all ranks.
struct RunFolders {
  // The start in local time, 20261124_120000.
  std::string timestamp;
  // <experiment_name or config name>_<timestamp>.
  std::string experiment_name;
  // Absolute: the config's, or work_dirs/<config name>.
  std::string work_dir;
  // <work_dir>/<timestamp>, of this start alone.
  std::string log_dir;
};

// Names and makes the folders. A start within the same second as another one
// takes the next second's name, so that no log is written over. All ranks call
// it; the reason why the main one can't make a folder is the error of all.
absl::StatusOr<RunFolders> MakeRunFolders(const RunnerConfig& config,
                                          const std::string& config_name,
                                          dist::Communicator* communicator);

}  // namespace anneal

#endif  // ANNEAL_RUNNER_RUN_FOLDERS_H_
