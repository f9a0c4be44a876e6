// Where a run's checkpoints are.
#ifndef ANNEAL_HOOKS_CHECKPOINT_FOLDER_H_
#define ANNEAL_HOOKS_CHECKPOINT_FOLDER_H_

#include <string>

#include "hooks/checkpoint_hook.pb.h"

namespace anneal {

// The work directory or, with `out_dir`, the folder of its name in there; as
// mmengine's.
std::string CheckpointFolder(const CheckpointHookConfig& config,
                             const std::string& work_dir);

}  // namespace anneal

#endif  // ANNEAL_HOOKS_CHECKPOINT_FOLDER_H_
