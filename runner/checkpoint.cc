#include "runner/checkpoint.h"

#include <sys/stat.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "fileio/file_client.h"
#include "fileio/pth.h"
#include "logging/log.h"
#include "utils/random.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kEngineKey[] = "anneal";

// `status` with the file it is about in front.
absl::Status At(const std::string& path, const absl::Status& status) {
  return absl::Status(status.code(),
                      absl::StrCat(path, ": ", status.message()));
}

// The integer `dict[key]`; `name` is the dict's in errors.
absl::StatusOr<int64_t> IntOf(const Dict& dict, const std::string& key,
                              const std::string& name) {
  ASSIGN_OR_RETURN(const Value* value, Require(dict, key, name));
  return value->AsInt(absl::StrCat(name, ".", key));
}

// Sets this rank's generators; those of a rank that the saved run did not have
// stay as the seed left them.
absl::Status LoadRandomState(const Dict& engine, int rank) {
  ASSIGN_OR_RETURN(const Value* value,
                   Require(engine, "random_states", kEngineKey));
  ASSIGN_OR_RETURN(const Value::List* states,
                   value->AsList("anneal.random_states"));
  if (rank < static_cast<int>(states->size())) {
    return SetRandomState((*states)[rank]);
  }
  ANNEAL_LOG(WARNING) << "the checkpoint was written by " << states->size()
                      << " ranks: the random generators of rank " << rank
                      << " start anew";
  return absl::OkStatus();
}

// Nanoseconds since the epoch; 0 where the file is gone.
int64_t ModificationTime(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) return 0;
  return info.st_mtim.tv_sec * int64_t{1000000000} + info.st_mtim.tv_nsec;
}

absl::Status LoadSchedulers(const Dict& checkpoint,
                            const CheckpointParts& parts) {
  auto& schedulers = *parts.param_schedulers;
  ASSIGN_OR_RETURN(const Value* states,
                   Require(checkpoint, "param_schedulers", "checkpoint"));
  ASSIGN_OR_RETURN(const Value::List* list, states->AsList("param_schedulers"));
  if (list->size() != schedulers.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the checkpoint has ", list->size(), " param_schedulers, the config ",
        schedulers.size(), "; resume with the config it was trained with"));
  }
  for (size_t i = 0; i < schedulers.size(); ++i) {
    RETURN_IF_ERROR(schedulers[i]->LoadStateDict((*list)[i]));
  }
  return absl::OkStatus();
}

absl::StatusOr<TrainClock> Resume(const Dict& checkpoint,
                                  const CheckpointParts& parts) {
  ASSIGN_OR_RETURN(const Value* meta_value,
                   Require(checkpoint, "meta", "checkpoint"));
  ASSIGN_OR_RETURN(const Dict* meta, meta_value->AsDict("meta"));
  TrainClock clock;
  ASSIGN_OR_RETURN(clock.epoch, IntOf(*meta, "epoch", "meta"));
  ASSIGN_OR_RETURN(clock.iter, IntOf(*meta, "iter", "meta"));
  const Value* optimizer = checkpoint.Find("optimizer");
  if (optimizer == nullptr) {
    return absl::InvalidArgumentError(
        "it holds no optimizer state, so training can't go on from it; start "
        "from its weights by load_from without --resume, or resume an epoch_* "
        "or iter_* checkpoint");
  }
  ASSIGN_OR_RETURN(const Value* weights,
                   Require(checkpoint, "state_dict", "checkpoint"));
  ASSIGN_OR_RETURN(const Dict* state_dict, weights->AsDict("state_dict"));
  RETURN_IF_ERROR(
      parts.strategy->LoadModelStateDict(*state_dict, StateDictMatch::kStrict));
  RETURN_IF_ERROR(parts.strategy->LoadOptimStateDict(*optimizer));
  if (!parts.param_schedulers->empty()) {
    RETURN_IF_ERROR(LoadSchedulers(checkpoint, parts));
  }
  if (const Value* hub = checkpoint.Find("message_hub")) {
    RETURN_IF_ERROR(parts.message_hub->LoadStateDict(*hub));
  }
  const Value* engine_value = checkpoint.Find(kEngineKey);
  if (engine_value == nullptr) {
    ANNEAL_LOG(WARNING) << "the checkpoint was not written by Anneal: random "
                           "generators start anew";
    return clock;
  }
  ASSIGN_OR_RETURN(const Dict* engine, engine_value->AsDict(kEngineKey));
  RETURN_IF_ERROR(LoadRandomState(*engine, parts.communicator->rank()));
  ASSIGN_OR_RETURN(clock.batch_idx, IntOf(*engine, "batch_idx", kEngineKey));
  ASSIGN_OR_RETURN(clock.batch_size, IntOf(*engine, "batch_size", kEngineKey));
  ASSIGN_OR_RETURN(clock.last_val_iter,
                   IntOf(*engine, "last_val_iter", kEngineKey));
  ASSIGN_OR_RETURN(const Value* hooks, Require(*engine, "hooks", kEngineKey));
  ASSIGN_OR_RETURN(const Dict* hook_states, hooks->AsDict("anneal.hooks"));
  RETURN_IF_ERROR(parts.hooks->LoadStateDict(*hook_states));
  return clock;
}

}  // namespace

absl::StatusOr<Dict> MakeCheckpoint(const CheckpointParts& parts,
                                    const TrainClock& clock,
                                    const SaveOptions& options, Dict meta) {
  ASSIGN_OR_RETURN(Value::List random_states,
                   parts.communicator->GatherObject(RandomState(),
                                                    /*destination=*/0));
  meta["epoch"] = options.epoch;
  meta["iter"] = options.iter;
  Dict checkpoint;
  checkpoint["meta"] = std::move(meta);
  checkpoint["state_dict"] = parts.strategy->ModelStateDict();
  checkpoint["message_hub"] = parts.message_hub->state_dict();
  if (options.save_optimizer) {
    checkpoint["optimizer"] = parts.strategy->OptimStateDict();
  }
  if (options.save_param_scheduler) {
    Value::List schedulers;
    for (const auto& scheduler : *parts.param_schedulers) {
      schedulers.push_back(scheduler->state_dict());
    }
    checkpoint["param_schedulers"] = std::move(schedulers);
  }
  // A save within an iteration, or at the end of an epoch, is ahead of the
  // clock.
  const int64_t batch_idx = options.epoch == clock.epoch
                                ? clock.batch_idx + options.iter - clock.iter
                                : 0;
  checkpoint[kEngineKey] = Dict{{"batch_idx", batch_idx},
                                {"batch_size", clock.batch_size},
                                {"last_val_iter", clock.last_val_iter},
                                {"random_states", std::move(random_states)},
                                {"hooks", parts.hooks->state_dict()}};
  return checkpoint;
}

absl::Status WriteCheckpoint(const Dict& checkpoint, const std::string& path,
                             dist::Communicator* communicator) {
  absl::Status status;
  if (communicator->is_main_rank()) status = SavePth(checkpoint, path);
  Value outcome = Value::List{static_cast<int64_t>(status.raw_code()),
                              std::string(status.message())};
  RETURN_IF_ERROR(communicator->BroadcastObject(&outcome, /*source=*/0));
  ASSIGN_OR_RETURN(const Value::List* list, outcome.AsList("outcome"));
  ASSIGN_OR_RETURN(const int64_t code, list->at(0).AsInt("outcome.0"));
  ASSIGN_OR_RETURN(const std::string message, list->at(1).AsString("outcome"));
  return absl::Status(static_cast<absl::StatusCode>(code), message);
}

absl::StatusOr<TrainClock> ResumeFromCheckpoint(const Dict& checkpoint,
                                                const std::string& path,
                                                const CheckpointParts& parts) {
  absl::StatusOr<TrainClock> clock = Resume(checkpoint, parts);
  if (!clock.ok()) return At(path, clock.status());
  return clock;
}

absl::Status LoadWeights(const Dict& checkpoint, const std::string& path,
                         Strategy* strategy, StateDictMatch match) {
  const Dict* state_dict = &checkpoint;
  if (const Value* weights = checkpoint.Find("state_dict")) {
    ASSIGN_OR_RETURN(state_dict, weights->AsDict(path + ": state_dict"));
  }
  const absl::Status status = strategy->LoadModelStateDict(*state_dict, match);
  return status.ok() ? status : At(path, status);
}

absl::StatusOr<Dict> ReadCheckpoint(const std::string& path) {
  ASSIGN_OR_RETURN(Value value, LoadPth(path));
  if (Dict* dict = value.get_if<Dict>()) return std::move(*dict);
  return absl::InvalidArgumentError(
      absl::StrCat(path, ": holds a ", value.type_name(),
                   ", not a checkpoint or a state_dict"));
}

absl::StatusOr<LatestCheckpoint> FindLatestCheckpoint(
    const std::string& work_dir) {
  // By time; files of one moment by number, for epoch_10 comes after epoch_9.
  std::vector<std::tuple<int64_t, size_t, std::string>> candidates;
  ASSIGN_OR_RETURN(const bool is_dir, fileio::IsDir(work_dir));
  if (is_dir) {
    ASSIGN_OR_RETURN(const std::vector<std::string> files,
                     fileio::ListDirOrFile(work_dir));
    for (const std::string& file : files) {
      if (!absl::EndsWith(file, ".pth") || absl::StartsWith(file, "best_")) {
        continue;
      }
      const std::string path = absl::StrCat(work_dir, "/", file);
      candidates.emplace_back(ModificationTime(path), path.size(), path);
    }
  }
  std::sort(candidates.rbegin(), candidates.rend());
  for (const auto& [time, length, path] : candidates) {
    absl::StatusOr<Dict> checkpoint = ReadCheckpoint(path);
    if (!checkpoint.ok()) {
      ANNEAL_LOG(WARNING) << "not resumed from, damaged: "
                          << checkpoint.status().message();
    } else if (checkpoint->Find("optimizer") == nullptr) {
      ANNEAL_LOG(WARNING) << "not resumed from, without optimizer: " << path;
    } else {
      return LatestCheckpoint{path, *std::move(checkpoint)};
    }
  }
  return absl::NotFoundError(
      absl::StrCat("no checkpoint to resume from in ", work_dir));
}

}  // namespace anneal
