// What a checkpoint of a run holds.
#ifndef ANNEAL_RUNNER_CHECKPOINT_H_
#define ANNEAL_RUNNER_CHECKPOINT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "dist/communicator.h"
#include "hooks/hook_list.h"
#include "hooks/run.h"
#include "logging/message_hub.h"
#include "runner/loop.h"
#include "runner/optimizer_schedulers.h"
#include "strategy/strategy.h"
#include "utils/value.h"

namespace anneal {

// The parts of a run that have state; none is null.
struct CheckpointParts {
  dist::Communicator* communicator = nullptr;
  Strategy* strategy = nullptr;
  OptimizerSchedulers* param_schedulers = nullptr;
  MessageHub* message_hub = nullptr;
  HookList* hooks = nullptr;
};

// mmengine's dictionary: "meta" (as given, with epoch and iter), "state_dict",
// "message_hub", "optimizer", "param_schedulers", in plain types only; and
// "anneal": what else a bit-exact resume needs (the rest of the clock, the
// random generators of each rank, what each has logged of its own, the hooks'
// states). All ranks call it; what the main rank gets is whole. `clock` is that
// of the moment a resumed run starts from.
absl::StatusOr<Dict> MakeCheckpoint(const CheckpointParts& parts,
                                    const TrainClock& clock,
                                    const SaveOptions& options, Dict meta);

// Writes the main rank's `checkpoint` to a path or URI; all ranks call it and
// return the same outcome.
absl::Status WriteCheckpoint(const Dict& checkpoint, const std::string& path,
                             dist::Communicator* communicator);

// Puts a checkpoint's state into the parts and returns the clock. `path` names
// the file in errors. A checkpoint without optimizer or schedulers (a best one,
// or mmengine's published) is InvalidArgument: it says to use load_from. A file
// of mmengine, without "anneal", resumes at the start of its epoch with a
// warning that random states are new.
absl::StatusOr<TrainClock> ResumeFromCheckpoint(const Dict& checkpoint,
                                                const std::string& path,
                                                const CheckpointParts& parts);

// Loads weights only: `checkpoint` is a whole one or a bare state_dict.
absl::Status LoadWeights(const Dict& checkpoint, const std::string& path,
                         Strategy* strategy, StateDictMatch match);

// Reads a checkpoint, by its path or URI (hub/load_checkpoint.h); its top level
// is a dict.
absl::StatusOr<Dict> ReadCheckpoint(const std::string& path);

// Whether it was saved because the run stopped (SaveOptions::is_stop).
bool IsOfAStop(const Dict& checkpoint);

struct LatestCheckpoint {
  std::string path;
  Dict checkpoint;
};

// The newest checkpoint of a run that is whole and can be resumed, read. First
// comes the one that <work_dir>/last_checkpoint names (in `folder`, where the
// run saves, before the place it was written to: the work directory may be a
// copy), then those of `folder` and of `work_dir` by the number in their name,
// epoch_10 before epoch_9; best_* files don't count. What is damaged or has no
// optimizer is passed over with a warning. NotFound where there is no
// checkpoint, FailedPrecondition, naming each, where none can be resumed, and
// the reason where one can't be read though it may be whole.
absl::StatusOr<LatestCheckpoint> FindLatestCheckpoint(
    const std::string& work_dir, const std::string& folder);

// The same for all ranks: the main one looks. All ranks call it.
absl::StatusOr<LatestCheckpoint> FindLatestCheckpoint(
    const std::string& work_dir, const std::string& folder,
    dist::Communicator* communicator);

}  // namespace anneal

#endif  // ANNEAL_RUNNER_CHECKPOINT_H_
