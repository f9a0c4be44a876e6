// CheckpointHook: when a run is saved, and which checkpoints are kept.

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "fileio/file_client.h"
#include "hooks/best_checkpoint_rule.h"
#include "hooks/checkpoint_hook.pb.h"
#include "hooks/hook.h"
#include "logging/log.h"
#include "logging/message_hub.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// Saves the run every `interval` epochs or iterations as epoch_N.pth or
// iter_N.pth, and after each validation the best run of each metric of
// `save_best`. A save that fails is logged and the run goes on with the older
// checkpoints in place; only when its last one fails does the run end in that
// error.
//
//   default_hooks:
//     checkpoint: {type: CheckpointHook, interval: 1, max_keep_ckpts: 3,
//                  save_best: accuracy/top1}
class CheckpointHook : public Hook {
 public:
  using Config = CheckpointHookConfig;

  static absl::StatusOr<std::unique_ptr<CheckpointHook>> Create(
      const Config& config) {
    auto hook = std::make_unique<CheckpointHook>(config);
    if (config.rule_size() > 1 &&
        config.rule_size() != config.save_best_size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("CheckpointHook has ", config.rule_size(), " rules for ",
                       config.save_best_size(),
                       " metrics in save_best; give one, or one "
                       "for each"));
    }
    if (config.has_filename_tmpl() &&
        !absl::StrContains(config.filename_tmpl(), "{}")) {
      return absl::InvalidArgumentError(absl::StrCat(
          "CheckpointHook.filename_tmpl is \"", config.filename_tmpl(),
          "\"; it needs {} where the number goes"));
    }
    for (int i = 0; i < config.save_best_size(); ++i) {
      if (config.save_best(i) == "auto") {
        if (config.save_best_size() == 1) continue;
        return absl::InvalidArgumentError(
            "CheckpointHook.save_best: \"auto\" stands alone or not at all");
      }
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
    out_dir_ = run.work_dir();
    if (config_.has_out_dir()) {
      const std::string& work_dir = run.work_dir();
      out_dir_ = absl::StrCat(config_.out_dir(), "/",
                              work_dir.substr(work_dir.find_last_of('/') + 1));
    }
    ANNEAL_LOG(INFO) << "Checkpoints will be saved to " << out_dir_ << ".";
    kept_.clear();
    if (const Value* ids = run.message_hub().GetInfo("keep_ckpt_ids")) {
      ASSIGN_OR_RETURN(const Value::List* list, ids->AsList("keep_ckpt_ids"));
      for (const Value& id : *list) {
        ASSIGN_OR_RETURN(const int64_t step, id.AsInt("keep_ckpt_ids"));
        kept_.push_back(step);
      }
    }
    return absl::OkStatus();
  }

  absl::Status AfterTrainIter(Run& run, int64_t, const Batch&,
                              const LogVars&) override {
    if (config_.by_epoch()) return absl::OkStatus();
    const int64_t done = run.iter() + 1;
    const bool is_last = config_.save_last() && done == run.max_iters();
    if (!is_last && !EveryN(done, config_.interval(), config_.save_begin())) {
      return absl::OkStatus();
    }
    ANNEAL_LOG(INFO) << "Saving checkpoint at " << done << " iterations";
    return Save(run, done, {run.epoch(), done}, is_last);
  }

  absl::Status AfterTrainEpoch(Run& run) override {
    if (!config_.by_epoch()) return absl::OkStatus();
    const int64_t done = run.epoch() + 1;
    const bool is_last = config_.save_last() && done == run.max_epochs();
    if (!is_last && !EveryN(done, config_.interval(), config_.save_begin())) {
      return absl::OkStatus();
    }
    ANNEAL_LOG(INFO) << "Saving checkpoint at " << done << " epochs";
    return Save(run, done, {done, run.iter()}, is_last);
  }

  absl::Status AfterValEpoch(Run& run, const MetricValues& metrics) override {
    if (config_.save_best_size() == 0 || out_dir_.empty()) {
      return absl::OkStatus();
    }
    if (metrics.empty()) {
      ANNEAL_LOG(WARNING) << "the validation gave no metrics, so no best "
                             "checkpoint is looked for";
      return absl::OkStatus();
    }
    if (config_.save_best(0) == "auto" && indicators_.empty()) {
      RETURN_IF_ERROR(AddIndicator(metrics.front().first, 0));
    }
    bool updated = false;
    for (const auto& [name, rule] : indicators_) {
      ASSIGN_OR_RETURN(const bool is_best,
                       SaveIfBest(run, name, rule, metrics));
      updated |= is_best;
    }
    if (!updated || last_step_ < 0) return absl::OkStatus();
    // The checkpoint of this epoch was written before it was known to be the
    // best: written again, a resumed run knows.
    return Save(run, last_step_, {run.epoch(), run.iter()}, false);
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

  std::string FileName(int64_t step) const {
    return absl::StrReplaceAll(config_.filename_tmpl(),
                               {{"{}", absl::StrCat(step)}});
  }
  std::string Path(absl::string_view file) const {
    return absl::StrCat(out_dir_, "/", file);
  }

  // Writes the checkpoint called `step`, then removes those beyond
  // max_keep_ckpts: there is never a moment without a whole one.
  absl::Status Save(Run& run, int64_t step, Clock clock, bool is_last) {
    const std::deque<int64_t> kept_before = kept_;
    std::vector<int64_t> outdated;
    if (config_.max_keep_ckpts() > 0) {
      if (kept_.empty() || kept_.back() != step) kept_.push_back(step);
      while (kept_.size() > config_.max_keep_ckpts()) {
        outdated.push_back(kept_.front());
        kept_.pop_front();
      }
      run.message_hub().UpdateInfo("keep_ckpt_ids",
                                   Value::List(kept_.begin(), kept_.end()));
    }
    const std::string path = Path(FileName(step));
    run.message_hub().UpdateInfo("last_ckpt", path);
    absl::Status status = run.SaveCheckpoint({path, clock.epoch, clock.iter,
                                              config_.save_optimizer(),
                                              config_.save_param_scheduler()});
    const bool is_main = run.communicator().is_main_rank();
    if (status.ok() && is_main) {
      status = fileio::PutText(path, run.work_dir() + "/last_checkpoint");
    }
    if (!status.ok()) {
      kept_ = kept_before;
      ANNEAL_LOG(ERROR) << "Checkpoint " << path
                        << " could not be saved: " << status.message()
                        << ". Older checkpoints are untouched.";
      return is_last ? status : absl::OkStatus();
    }
    last_step_ = step;
    for (const int64_t id : outdated) {
      if (is_main) RemoveFile(Path(FileName(id)));
    }
    return absl::OkStatus();
  }

  // Saves the run as the best of `metric` if it is.
  absl::StatusOr<bool> SaveIfBest(Run& run, const std::string& metric,
                                  BestRule rule, const MetricValues& metrics) {
    const auto found = FindMetric(metrics, metric);
    if (found == metrics.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "CheckpointHook.save_best: no metric \"", metric,
          "\"; this validation gave: ",
          absl::StrJoin(metrics, ", ", [](std::string* out, const auto& item) {
            absl::StrAppend(out, item.first);
          })));
    }
    const double score = found->second;
    MessageHub& hub = run.message_hub();
    const std::string suffix =
        config_.save_best_size() == 1 ? "" : absl::StrCat("_", metric);
    if (const Value* best = hub.GetInfo("best_score" + suffix)) {
      ASSIGN_OR_RETURN(const double best_score, best->AsReal("best_score"));
      if (!IsBetter(rule, score, best_score)) return false;
    }
    std::string previous;
    if (const Value* best = hub.GetInfo("best_ckpt" + suffix)) {
      ASSIGN_OR_RETURN(previous, best->AsString("best_ckpt"));
    }
    const int64_t now = config_.by_epoch() ? run.epoch() : run.iter();
    const std::string file = absl::StrReplaceAll(
        absl::StrCat("best_", metric, "_", FileName(now)), {{"/", "_"}});
    const std::string path = Path(file);
    hub.UpdateInfo("best_score" + suffix, score);
    hub.UpdateInfo("best_ckpt" + suffix, path);
    const absl::Status status =
        run.SaveCheckpoint({path, run.epoch(), run.iter(),
                            /*save_optimizer=*/false,
                            /*save_param_scheduler=*/false});
    if (!status.ok()) {
      ANNEAL_LOG(ERROR) << "The best checkpoint " << path
                        << " could not be saved: " << status.message();
      hub.UpdateInfo("best_ckpt" + suffix, previous);
      return false;
    }
    if (!previous.empty() && previous != path &&
        run.communicator().is_main_rank() && RemoveFile(previous)) {
      ANNEAL_LOG(INFO) << "The previous best checkpoint " << previous
                       << " is removed";
    }
    ANNEAL_LOG(INFO) << absl::StrFormat(
        "The best checkpoint with %0.4f %s at %d %s is saved to %s.", score,
        metric, now, config_.by_epoch() ? "epoch" : "iter", file);
    return true;
  }

  static MetricValues::const_iterator FindMetric(const MetricValues& metrics,
                                                 const std::string& name) {
    auto it = metrics.begin();
    while (it != metrics.end() && it->first != name) ++it;
    return it;
  }

  // Whether a file was there and is removed.
  static bool RemoveFile(const std::string& path) {
    const absl::Status status = fileio::Remove(path);
    if (!status.ok() && !absl::IsNotFound(status)) {
      ANNEAL_LOG(WARNING) << status.message();
    }
    return status.ok();
  }

  Config config_;
  std::vector<std::pair<std::string, BestRule>> indicators_;
  std::string out_dir_;
  std::deque<int64_t> kept_;
  int64_t last_step_ = -1;
};

ANNEAL_REGISTER(Hook, CheckpointHook);

}  // namespace
}  // namespace anneal
