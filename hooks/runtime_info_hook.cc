// RuntimeInfoHook: keeps the message hub's picture of the run.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataset/data_loader.h"
#include "hooks/hook.h"
#include "hooks/runtime_info_hook.pb.h"
#include "logging/message_hub.h"
#include "optim/base_optim_wrapper.h"
#include "optim/optimizer.h"
#include "strategy/strategy.h"

namespace anneal {
namespace {

// Writes the clock, the stage of the loop, each iteration's "train/lr" (of
// several optimizers each's "train/<name>.lr") of the first group and the
// outputs of the train step, and the metrics of validation and test into the
// message hub, from where the log processor takes them.
class RuntimeInfoHook : public Hook {
 public:
  using Config = RuntimeInfoHookConfig;
  static absl::StatusOr<std::unique_ptr<RuntimeInfoHook>> Create(
      const Config&) {
    return std::make_unique<RuntimeInfoHook>();
  }

  int priority() const override { return kVeryHigh; }

  absl::Status BeforeRun(Run& run) override {
    run.message_hub().UpdateInfo("experiment_name", run.experiment_name());
    run.message_hub().UpdateInfo("seed", run.seed());
    return absl::OkStatus();
  }

  absl::Status BeforeTrain(Run& run) override {
    MessageHub& hub = run.message_hub();
    hub.UpdateInfo("loop_stage", "train");
    hub.UpdateInfo("epoch", run.epoch());
    hub.UpdateInfo("iter", run.iter());
    hub.UpdateInfo("max_epochs", run.max_epochs());
    hub.UpdateInfo("max_iters", run.max_iters());
    hub.UpdateInfo("dataset_meta",
                   run.data_loader(Mode::kTrain)->dataset().metainfo());
    learning_rates_.clear();
    for (const auto& [name, optimizer] :
         run.strategy().optim_wrapper()->optimizers()) {
      learning_rates_.emplace_back(
          hub.scalar(
              absl::StrCat("train/", name, name.empty() ? "" : ".", "lr")),
          optimizer);
    }
    outputs_.clear();
    return absl::OkStatus();
  }

  absl::Status AfterTrain(Run& run) override {
    run.message_hub().PopInfo("loop_stage");
    return absl::OkStatus();
  }

  absl::Status BeforeTrainEpoch(Run& run) override {
    run.message_hub().UpdateInfo("epoch", run.epoch());
    return absl::OkStatus();
  }

  absl::Status BeforeTrainIter(Run& run, int64_t, const Batch&) override {
    run.message_hub().UpdateInfo("iter", run.iter());
    for (const auto& [buffer, optimizer] : learning_rates_) {
      buffer->Update(optimizer->param_groups()[0].real("lr"));
    }
    return absl::OkStatus();
  }

  absl::Status AfterTrainIter(Run& run, int64_t, const Batch&,
                              const LogVars& outputs) override {
    for (size_t i = 0; i < outputs.size(); ++i) {
      BufferOf(run.message_hub(), i, outputs[i].first)
          ->Update(outputs[i].second);
    }
    return absl::OkStatus();
  }

  absl::Status BeforeVal(Run& run) override {
    const Value* stage = run.message_hub().GetInfo("loop_stage");
    stage_before_val_ = stage == nullptr ? Value() : *stage;
    run.message_hub().UpdateInfo("loop_stage", "val");
    return absl::OkStatus();
  }

  absl::Status AfterValEpoch(Run& run, const MetricValues& metrics) override {
    for (const auto& [name, value] : metrics) {
      run.message_hub().UpdateScalar(absl::StrCat("val/", name), value);
    }
    return absl::OkStatus();
  }

  absl::Status AfterVal(Run& run) override {
    if (stage_before_val_.is_none()) {
      run.message_hub().PopInfo("loop_stage");
    } else {
      run.message_hub().UpdateInfo("loop_stage", stage_before_val_);
    }
    return absl::OkStatus();
  }

  absl::Status BeforeTest(Run& run) override {
    run.message_hub().UpdateInfo("loop_stage", "test");
    return absl::OkStatus();
  }

  absl::Status AfterTestEpoch(Run& run, const MetricValues& metrics) override {
    for (const auto& [name, value] : metrics) {
      run.message_hub().UpdateScalar(absl::StrCat("test/", name), value);
    }
    return absl::OkStatus();
  }

  absl::Status AfterTest(Run& run) override {
    run.message_hub().PopInfo("loop_stage");
    return absl::OkStatus();
  }

 private:
  // The buffer of the i-th output; a model's outputs keep their order, so the
  // name is looked up once.
  HistoryBuffer* BufferOf(MessageHub& hub, size_t i, const std::string& name) {
    if (i >= outputs_.size()) outputs_.resize(i + 1);
    if (outputs_[i].second == nullptr || outputs_[i].first != name) {
      outputs_[i] = {name, hub.scalar(absl::StrCat("train/", name))};
    }
    return outputs_[i].second;
  }

  // Of each optimizer.
  std::vector<std::pair<HistoryBuffer*, const Optimizer*>> learning_rates_;
  std::vector<std::pair<std::string, HistoryBuffer*>> outputs_;
  Value stage_before_val_;
};

ANNEAL_REGISTER(Hook, RuntimeInfoHook);

}  // namespace
}  // namespace anneal
