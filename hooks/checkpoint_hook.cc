// CheckpointHook: when a run is saved, and which checkpoints are kept.

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "fileio/file_client.h"
#include "fileio/uri.h"
#include "hooks/best_checkpoint_rule.h"
#include "hooks/checkpoint_folder.h"
#include "hooks/checkpoint_hook.pb.h"
#include "hooks/hook.h"
#include "hooks/save_error.h"
#include "logging/log.h"
#include "logging/message_hub.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Entries of the message hub as they were, to go back to when a save fails.
class InfoBefore {
 public:
  InfoBefore(MessageHub* hub, std::vector<std::string> names) : hub_(hub) {
    for (std::string& name : names) {
      const Value* value = hub->GetInfo(name);
      before_.emplace_back(std::move(name), value ? *value : Value());
    }
  }

  void Restore() {
    for (const auto& [name, value] : before_) {
      if (value.is_none()) {
        hub_->PopInfo(name);
      } else {
        hub_->UpdateInfo(name, value);
      }
    }
  }

 private:
  MessageHub* hub_;
  std::vector<std::pair<std::string, Value>> before_;
};

absl::Status Validate(const CheckpointHookConfig& config) {
  const auto& metrics = config.save_best();
  if (config.rule_size() > 1 && config.rule_size() != metrics.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "CheckpointHook has ", config.rule_size(), " rules for ",
        metrics.size(), " metrics in save_best; give one, or one for each"));
  }
  for (const std::string& rule : config.rule()) {
    RETURN_IF_ERROR(ParseBestRule(rule).status());
  }
  const std::set<std::string> distinct(metrics.begin(), metrics.end());
  if (distinct.size() != metrics.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("CheckpointHook.save_best names a metric twice: ",
                     absl::StrJoin(metrics, ", ")));
  }
  if (metrics.size() > 1 && distinct.count("auto") > 0) {
    return absl::InvalidArgumentError(
        "CheckpointHook.save_best: \"auto\" stands alone or not at all");
  }
  if (config.has_filename_tmpl() &&
      !absl::StrContains(config.filename_tmpl(), "{}")) {
    return absl::InvalidArgumentError(absl::StrCat(
        "CheckpointHook.filename_tmpl is \"", config.filename_tmpl(),
        "\"; it needs {} where the number goes"));
  }
  if (config.save_begin() < 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("CheckpointHook.save_begin is ", config.save_begin(),
                     "; it must not be negative"));
  }
  return absl::OkStatus();
}

// Whether a later save may succeed: a disk may be emptied, a share come back.
bool MayPass(const absl::Status& status) {
  return IsOfStorage(status) &&
         (absl::IsResourceExhausted(status) || absl::IsUnavailable(status) ||
          absl::IsPermissionDenied(status));
}

// Saves the run every `interval` epochs or iterations as epoch_N.pth or
// iter_N.pth, and after each validation the best run of each metric of
// `save_best`. A save that fails for want of room, connection or permission is
// logged and the run goes on with the older checkpoints in place, unless it is
// that of the training's end; any other failure ends the run at once. What it
// has to remember stands in the message hub:
// keep_ckpt_ids, last_ckpt, best_score and best_ckpt (best_score_<metric> and
// best_ckpt_<metric> where there are several).
//
//   default_hooks:
//     checkpoint: {type: CheckpointHook, interval: 1, max_keep_ckpts: 3,
//                  save_best: accuracy/top1}
class CheckpointHook : public Hook {
 public:
  using Config = CheckpointHookConfig;

  static absl::StatusOr<std::unique_ptr<CheckpointHook>> Create(
      const Config& config) {
    RETURN_IF_ERROR(Validate(config));
    auto hook = std::make_unique<CheckpointHook>(config);
    for (int i = 0; i < config.save_best_size(); ++i) {
      if (config.save_best(i) == "auto") continue;
      RETURN_IF_ERROR(hook->AddIndicator(config.save_best(i), i));
    }
    return hook;
  }

  explicit CheckpointHook(const Config& config) : config_(config) {
    if (!config_.has_filename_tmpl()) {
      config_.set_filename_tmpl(config_.by_epoch() ? "epoch_{}.pth"
                                                   : "iter_{}.pth");
    }
  }

  int priority() const override { return kVeryLow; }

  absl::Status BeforeTrain(Run& run) override {
    out_dir_ = CheckpointFolder(config_, run.work_dir());
    ANNEAL_LOG(INFO) << "Checkpoints will be saved to " << ShownPath(out_dir_)
                     << ".";
    return absl::OkStatus();
  }

  absl::Status AfterTrainIter(Run& run, int64_t, const Batch&,
                              const LogVars&) override {
    if (config_.by_epoch()) return absl::OkStatus();
    const int64_t done = run.iter() + 1;
    const bool is_end = done == run.max_iters();
    if (!IsDue(done, is_end)) return absl::OkStatus();
    ANNEAL_LOG(INFO) << "Saving checkpoint at " << done << " iterations";
    return Save(run, done, {run.epoch(), done}, is_end);
  }

  absl::Status AfterTrainEpoch(Run& run) override {
    if (!config_.by_epoch()) return absl::OkStatus();
    const int64_t done = run.epoch() + 1;
    const bool is_end = done == run.max_epochs();
    if (!IsDue(done, is_end)) return absl::OkStatus();
    ANNEAL_LOG(INFO) << "Saving checkpoint at " << done << " epochs";
    return Save(run, done, {done, run.iter()}, is_end);
  }

  absl::Status AfterTrain(Run&) override {
    out_dir_.clear();
    return absl::OkStatus();
  }

  absl::Status AfterValEpoch(Run& run, const MetricValues& metrics) override {
    // Nothing is saved of a validation outside a training.
    if (config_.save_best_size() == 0 || out_dir_.empty()) {
      return absl::OkStatus();
    }
    if (metrics.empty()) {
      ANNEAL_LOG(WARNING) << "the validation gave no metrics, so no best "
                             "checkpoint is looked for";
      return absl::OkStatus();
    }
    if (indicators_.empty()) {  // "auto"
      RETURN_IF_ERROR(AddIndicator(metrics.front().first, 0));
    }
    bool updated = false;
    for (const auto& [name, rule] : indicators_) {
      ASSIGN_OR_RETURN(const double score, Score(metrics, name));
      ASSIGN_OR_RETURN(const bool is_best, SaveIfBest(run, name, rule, score));
      updated |= is_best;
    }
    if (!updated || run.message_hub().GetInfo("last_ckpt") == nullptr) {
      return absl::OkStatus();
    }
    // The checkpoint of this moment was written, if at all, before it was known
    // to be the best: a run that is resumed from it has to know.
    return Save(run, Now(run), {run.epoch(), run.iter()}, /*is_end=*/false);
  }

 private:
  struct Clock {
    int64_t epoch;
    int64_t iter;
  };

  absl::Status AddIndicator(const std::string& metric, int index) {
    BestRule rule;
    if (config_.rule_size() > 0) {
      const int i = config_.rule_size() == 1 ? 0 : index;
      ASSIGN_OR_RETURN(rule, ParseBestRule(config_.rule(i)));
    } else {
      const auto& greater = config_.greater_keys();
      const auto& less = config_.less_keys();
      ASSIGN_OR_RETURN(rule,
                       InferBestRule(metric, {greater.begin(), greater.end()},
                                     {less.begin(), less.end()}));
    }
    indicators_.emplace_back(metric, rule);
    return absl::OkStatus();
  }

  bool IsDue(int64_t done, bool is_end) const {
    return (is_end && config_.save_last()) ||
           EveryN(done, config_.interval(), config_.save_begin());
  }
  int64_t Now(const Run& run) const {
    return config_.by_epoch() ? run.epoch() : run.iter();
  }
  std::string FileName(int64_t step) const {
    return absl::StrReplaceAll(config_.filename_tmpl(),
                               {{"{}", absl::StrCat(step)}});
  }
  std::string Path(absl::string_view file) const {
    return absl::StrCat(out_dir_, "/", file);
  }
  static absl::string_view FileOf(absl::string_view path) {
    return path.substr(path.rfind('/') + 1);
  }

  // Writes the checkpoint called `step`, then removes those beyond
  // max_keep_ckpts: there is never a moment without a whole one.
  absl::Status Save(Run& run, int64_t step, Clock clock, bool is_end) {
    MessageHub& hub = run.message_hub();
    InfoBefore before(&hub, {"keep_ckpt_ids", "last_ckpt"});
    const std::string path = Path(FileName(step));
    // The checkpoint tells of itself.
    ASSIGN_OR_RETURN(const std::vector<int64_t> outdated, Keep(&hub, step));
    hub.UpdateInfo("last_ckpt", path);
    const absl::Status status = run.SaveCheckpoint(
        {path, clock.epoch, clock.iter, config_.save_optimizer(),
         config_.save_param_scheduler()});
    if (!status.ok()) {
      before.Restore();
      ANNEAL_LOG(ERROR) << "Checkpoint " << ShownPath(path)
                        << " could not be saved: " << status.message()
                        << ". Older checkpoints are untouched.";
      return is_end || !MayPass(status) ? status : absl::OkStatus();
    }
    if (!run.communicator().is_main_rank()) return absl::OkStatus();
    const std::string pointer =
        fileio::JoinPath(run.work_dir(), "last_checkpoint");
    const absl::Status pointed = fileio::PutText(path, pointer);
    if (!pointed.ok()) ANNEAL_LOG(ERROR) << pointed.message();
    for (const int64_t id : outdated) RemoveCheckpoint(Path(FileName(id)));
    return absl::OkStatus();
  }

  // Adds `step` to those kept and returns those that are kept no longer.
  absl::StatusOr<std::vector<int64_t>> Keep(MessageHub* hub,
                                            int64_t step) const {
    std::vector<int64_t> outdated;
    if (config_.max_keep_ckpts() <= 0) return outdated;
    std::deque<int64_t> kept;
    if (const Value* ids = hub->GetInfo("keep_ckpt_ids")) {
      ASSIGN_OR_RETURN(const Value::List* list, ids->AsList("keep_ckpt_ids"));
      for (const Value& id : *list) {
        ASSIGN_OR_RETURN(kept.emplace_back(), id.AsInt("keep_ckpt_ids"));
      }
    }
    if (kept.empty() || kept.back() != step) kept.push_back(step);
    while (kept.size() > config_.max_keep_ckpts()) {
      outdated.push_back(kept.front());
      kept.pop_front();
    }
    hub->UpdateInfo("keep_ckpt_ids", Value::List(kept.begin(), kept.end()));
    return outdated;
  }

  // Saves the run as the best of `metric` if it is.
  absl::StatusOr<bool> SaveIfBest(Run& run, const std::string& metric,
                                  BestRule rule, double score) {
    MessageHub& hub = run.message_hub();
    const std::string suffix =
        config_.save_best_size() == 1 ? "" : absl::StrCat("_", metric);
    const std::string score_name = "best_score" + suffix;
    const std::string ckpt_name = "best_ckpt" + suffix;
    double best_score = WorstValue(rule);
    if (const Value* best = hub.GetInfo(score_name)) {
      ASSIGN_OR_RETURN(best_score, best->AsReal(score_name));
    }
    if (!IsBetter(rule, score, best_score)) return false;
    std::string previous;
    if (const Value* best = hub.GetInfo(ckpt_name)) {
      ASSIGN_OR_RETURN(previous, best->AsString(ckpt_name));
    }
    const std::string file = absl::StrReplaceAll(
        absl::StrCat("best_", metric, "_", FileName(Now(run))), {{"/", "_"}});
    const std::string path = Path(file);
    InfoBefore before(&hub, {score_name, ckpt_name});
    hub.UpdateInfo(score_name, score);
    hub.UpdateInfo(ckpt_name, path);
    const absl::Status status =
        run.SaveCheckpoint({path, run.epoch(), run.iter(),
                            /*save_optimizer=*/false,
                            /*save_param_scheduler=*/false});
    if (!status.ok()) {
      before.Restore();
      ANNEAL_LOG(ERROR) << "The best checkpoint " << ShownPath(path)
                        << " could not be saved: " << status.message();
      if (!MayPass(status)) return status;
      return false;
    }
    // A copied work directory, or a run that goes on from another's checkpoint,
    // has the best of another run here, which is not its own to remove.
    const bool is_own = previous == Path(FileOf(previous));
    if (is_own && previous != path && run.communicator().is_main_rank() &&
        RemoveCheckpoint(previous)) {
      ANNEAL_LOG(INFO) << "The previous best checkpoint " << ShownPath(previous)
                       << " is removed";
    }
    ANNEAL_LOG(INFO) << absl::StrFormat(
        "The best checkpoint with %0.4f %s at %d %s is saved to %s.", score,
        metric, Now(run), config_.by_epoch() ? "epoch" : "iter", file);
    return true;
  }

  static absl::StatusOr<double> Score(const MetricValues& metrics,
                                      const std::string& name) {
    for (const auto& [metric, value] : metrics) {
      if (metric == name) return value;
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "CheckpointHook.save_best: no metric \"", name,
        "\"; this validation gave: ",
        absl::StrJoin(metrics, ", ", [](std::string* out, const auto& item) {
          absl::StrAppend(out, item.first);
        })));
  }

  // Whether a file or folder was there and is removed.
  static bool RemoveCheckpoint(const std::string& path) {
    const bool is_dir = fileio::IsDir(path).value_or(false);
    const absl::Status status =
        is_dir ? fileio::RmTree(path) : fileio::Remove(path);
    if (!status.ok() && !absl::IsNotFound(status)) {
      ANNEAL_LOG(WARNING) << status.message();
    }
    return status.ok();
  }

  Config config_;
  std::vector<std::pair<std::string, BestRule>> indicators_;
  // Empty outside of a training.
  std::string out_dir_;
};

ANNEAL_REGISTER(Hook, CheckpointHook);

}  // namespace
}  // namespace anneal
