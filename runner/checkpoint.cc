#include "runner/checkpoint.h"

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "dist/broadcast_status.h"
#include "fileio/file_client.h"
#include "fileio/pth/pth.h"
#include "fileio/uri.h"
#include "hub/load_checkpoint.h"
#include "logging/log.h"
#include "runner/rank_histories.h"
#include "utils/annotate.h"
#include "utils/random.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr char kEngineKey[] = "anneal";
constexpr char kStopKey[] = "is_stop";

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

// What this rank had logged, as far as the checkpoint has it.
absl::Status LoadMessageHub(const Value& hub, const Dict& engine,
                            const CheckpointParts& parts) {
  const Value* value = engine.Find("rank_histories");
  if (value == nullptr) return parts.message_hub->LoadStateDict(hub);
  ASSIGN_OR_RETURN(const Value::List* ranks,
                   value->AsList("anneal.rank_histories"));
  // From another number of ranks all go on with the main one's.
  if (static_cast<int>(ranks->size()) != parts.communicator->world_size()) {
    return parts.message_hub->LoadStateDict(hub);
  }
  ASSIGN_OR_RETURN(const Value own,
                   WithNewestValues(hub, (*ranks)[parts.communicator->rank()]));
  return parts.message_hub->LoadStateDict(own);
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
  if (!parts.param_schedulers->all().empty()) {
    ASSIGN_OR_RETURN(const Value* schedulers,
                     Require(checkpoint, "param_schedulers", "checkpoint"));
    RETURN_IF_ERROR(parts.param_schedulers->LoadStateDict(*schedulers));
  }
  const Value* hub = checkpoint.Find("message_hub");
  const Value* engine_value = checkpoint.Find(kEngineKey);
  if (engine_value == nullptr) {
    if (hub != nullptr) {
      RETURN_IF_ERROR(parts.message_hub->LoadStateDict(*hub));
    }
    ANNEAL_LOG(WARNING) << "the checkpoint was not written by Anneal: random "
                           "generators start anew";
    clock.samples = -1;
    return clock;
  }
  ASSIGN_OR_RETURN(const Dict* engine, engine_value->AsDict(kEngineKey));
  if (hub != nullptr) RETURN_IF_ERROR(LoadMessageHub(*hub, *engine, parts));
  RETURN_IF_ERROR(LoadRandomState(*engine, parts.communicator->rank()));
  ASSIGN_OR_RETURN(clock.pass, IntOf(*engine, "pass", kEngineKey));
  ASSIGN_OR_RETURN(clock.samples, IntOf(*engine, "samples", kEngineKey));
  if (engine->Find("batch_size") != nullptr) {
    ASSIGN_OR_RETURN(clock.batch_size,
                     IntOf(*engine, "batch_size", kEngineKey));
  }
  ASSIGN_OR_RETURN(clock.last_val_iter,
                   IntOf(*engine, "last_val_iter", kEngineKey));
  ASSIGN_OR_RETURN(const Value* hooks, Require(*engine, "hooks", kEngineKey));
  ASSIGN_OR_RETURN(const Dict* hook_states, hooks->AsDict("anneal.hooks"));
  RETURN_IF_ERROR(parts.hooks->LoadStateDict(*hook_states));
  return clock;
}

// Where `path` says, on this machine or another.
absl::Status Save(const Dict& checkpoint, const std::string& path) {
  if (SchemeLength(path) == 0) return SavePth(checkpoint, path);
  ASSIGN_OR_RETURN(auto output, fileio::OpenOutput(path));
  const absl::Status status =
      WritePth(checkpoint, std::filesystem::path(path).stem().string(),
               std::move(output));
  return status.ok() ? status : Annotate(status, ShownPath(path));
}

absl::string_view FileOf(absl::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

// The number at the end of "iter_500.pth"; -1 where there is none.
int64_t NumberOf(absl::string_view path) {
  absl::string_view name = absl::StripSuffix(FileOf(path), ".pth");
  size_t digits = name.size();
  while (digits > 0 && absl::ascii_isdigit(name[digits - 1])) --digits;
  int64_t number = -1;
  return absl::SimpleAtoi(name.substr(digits), &number) ? number : -1;
}

// The checkpoint that `work_dir`'s last_checkpoint names; "" for none.
absl::StatusOr<std::string> PointedAt(const std::string& work_dir,
                                      const std::string& folder) {
  const absl::StatusOr<std::string> text =
      fileio::GetText(fileio::JoinPath(work_dir, "last_checkpoint"));
  if (absl::IsNotFound(text.status())) return std::string();
  RETURN_IF_ERROR(text.status());
  const std::string named(absl::StripAsciiWhitespace(*text));
  if (named.empty()) return named;
  const std::string here =
      fileio::JoinPath(folder, absl::StrCat(FileOf(named)));
  for (const std::string& path : {here, named}) {
    ASSIGN_OR_RETURN(const bool exists, fileio::Exists(path));
    if (exists) return path;
  }
  ANNEAL_LOG(WARNING) << "last_checkpoint names " << ShownPath(named)
                      << ", which is not there";
  return std::string();
}

// Adds the checkpoints of `folder`, the highest number first.
absl::Status AddNumbered(const std::string& folder,
                         std::vector<std::string>* paths) {
  ASSIGN_OR_RETURN(const bool is_dir, fileio::IsDir(folder));
  if (!is_dir) return absl::OkStatus();
  ListOptions options;
  options.suffix = ".pth";
  ASSIGN_OR_RETURN(std::vector<std::string> files,
                   fileio::ListDirOrFile(folder, options));
  std::stable_sort(files.begin(), files.end(),
                   [](const std::string& a, const std::string& b) {
                     return NumberOf(a) > NumberOf(b);
                   });
  for (const std::string& file : files) {
    if (absl::StartsWith(file, "best_")) continue;
    const std::string path = fileio::JoinPath(folder, file);
    if (!absl::c_linear_search(*paths, path)) paths->push_back(path);
  }
  return absl::OkStatus();
}

// What a run may go on from, the newest first.
absl::StatusOr<std::vector<std::string>> Candidates(const std::string& work_dir,
                                                    const std::string& folder) {
  std::vector<std::string> paths;
  ASSIGN_OR_RETURN(std::string last, PointedAt(work_dir, folder));
  if (!last.empty()) paths.push_back(std::move(last));
  RETURN_IF_ERROR(AddNumbered(folder, &paths));
  RETURN_IF_ERROR(AddNumbered(work_dir, &paths));
  return paths;
}

}  // namespace

absl::StatusOr<Dict> MakeCheckpoint(const CheckpointParts& parts,
                                    const TrainClock& clock,
                                    const SaveOptions& options, Dict meta) {
  ASSIGN_OR_RETURN(Value::List random_states,
                   parts.communicator->GatherObject(RandomState(),
                                                    /*destination=*/0));
  Value hub = parts.message_hub->state_dict();
  Value::List rank_histories;
  if (parts.communicator->world_size() > 1) {
    ASSIGN_OR_RETURN(Dict newest, NewestValues(hub));
    ASSIGN_OR_RETURN(rank_histories, parts.communicator->GatherObject(
                                         std::move(newest), /*destination=*/0));
  }
  meta["epoch"] = clock.epoch;
  meta["iter"] = clock.iter;
  Dict checkpoint;
  checkpoint["meta"] = std::move(meta);
  checkpoint["state_dict"] = parts.strategy->ModelStateDict();
  checkpoint["message_hub"] = std::move(hub);
  if (options.save_optimizer) {
    checkpoint["optimizer"] = parts.strategy->OptimStateDict();
  }
  if (options.save_param_scheduler) {
    checkpoint["param_schedulers"] = parts.param_schedulers->state_dict();
  }
  Dict engine{{"pass", clock.pass},
              {"samples", clock.samples},
              {"batch_size", clock.batch_size},
              {"last_val_iter", clock.last_val_iter},
              {"random_states", std::move(random_states)},
              {"hooks", parts.hooks->state_dict()}};
  if (!rank_histories.empty()) {
    engine["rank_histories"] = std::move(rank_histories);
  }
  if (options.is_stop) engine[kStopKey] = true;
  checkpoint[kEngineKey] = std::move(engine);
  return checkpoint;
}

absl::Status WriteCheckpoint(const Dict& checkpoint, const std::string& path,
                             dist::Communicator* communicator) {
  absl::Status status;
  if (communicator->is_main_rank()) status = Save(checkpoint, path);
  return dist::BroadcastStatus(*communicator, status, /*source=*/0);
}

absl::StatusOr<TrainClock> ResumeFromCheckpoint(const Dict& checkpoint,
                                                const std::string& path,
                                                const CheckpointParts& parts) {
  absl::StatusOr<TrainClock> clock = Resume(checkpoint, parts);
  if (!clock.ok()) return Annotate(clock.status(), ShownPath(path));
  return clock;
}

absl::Status LoadWeights(const Dict& checkpoint, const std::string& path,
                         Strategy* strategy, StateDictMatch match) {
  const Dict* state_dict = &checkpoint;
  if (const Value* weights = checkpoint.Find("state_dict")) {
    ASSIGN_OR_RETURN(state_dict,
                     weights->AsDict(ShownPath(path) + ": state_dict"));
  }
  const absl::Status status = strategy->LoadModelStateDict(*state_dict, match);
  return Annotate(status, ShownPath(path));
}

absl::StatusOr<Dict> ReadCheckpoint(const std::string& path) {
  ASSIGN_OR_RETURN(Value value, hub::LoadCheckpoint(path));
  if (Dict* dict = value.get_if<Dict>()) return std::move(*dict);
  return absl::InvalidArgumentError(
      absl::StrCat(ShownPath(path), ": holds a ", value.type_name(),
                   ", not a checkpoint or a state_dict"));
}

bool IsOfAStop(const Dict& checkpoint) {
  const Value* engine = checkpoint.Find(kEngineKey);
  const Dict* dict = engine == nullptr ? nullptr : engine->get_if<Dict>();
  return dict != nullptr && dict->Find(kStopKey) != nullptr;
}

absl::StatusOr<LatestCheckpoint> FindLatestCheckpoint(
    const std::string& work_dir, const std::string& folder) {
  ASSIGN_OR_RETURN(const std::vector<std::string> candidates,
                   Candidates(work_dir, folder));
  std::vector<std::string> reasons;
  for (const std::string& path : candidates) {
    absl::StatusOr<Dict> checkpoint = ReadCheckpoint(path);
    const absl::Status& status = checkpoint.status();
    if (absl::IsDataLoss(status) || absl::IsInvalidArgument(status)) {
      reasons.push_back(absl::StrCat("damaged: ", status.message()));
    } else if (!status.ok()) {
      return status;
    } else if (checkpoint->Find("optimizer") == nullptr) {
      reasons.push_back(absl::StrCat("without optimizer: ", ShownPath(path)));
    } else {
      return LatestCheckpoint{path, *std::move(checkpoint)};
    }
    ANNEAL_LOG(WARNING) << "not resumed from, " << reasons.back();
  }
  if (reasons.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no checkpoint to resume from in ", ShownPath(folder)));
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "no checkpoint in ", ShownPath(folder),
      " can be resumed: ", absl::StrJoin(reasons, "; "),
      ". Start without --resume, in another work_dir, to train anew"));
}

absl::StatusOr<LatestCheckpoint> FindLatestCheckpoint(
    const std::string& work_dir, const std::string& folder,
    dist::Communicator* communicator) {
  absl::StatusOr<LatestCheckpoint> latest = LatestCheckpoint();
  if (communicator->is_main_rank()) {
    latest = FindLatestCheckpoint(work_dir, folder);
  }
  RETURN_IF_ERROR(
      dist::BroadcastStatus(*communicator, latest.status(), /*source=*/0));
  Value path = latest->path;
  RETURN_IF_ERROR(communicator->BroadcastObject(&path, /*source=*/0));
  if (communicator->is_main_rank()) return latest;
  ASSIGN_OR_RETURN(latest->path, path.AsString("path"));
  ASSIGN_OR_RETURN(latest->checkpoint, ReadCheckpoint(latest->path));
  return latest;
}

}  // namespace anneal
