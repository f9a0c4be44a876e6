// StopWhenGoodHook: ends training once a metric is good enough.

#include "absl/strings/str_cat.h"
#include "hooks/hook.h"
#include "stop_when_good_hook.pb.h"

namespace pendulum {
namespace {

class StopWhenGoodHook : public anneal::Hook {
 public:
  using Config = StopWhenGoodHookConfig;

  static absl::StatusOr<std::unique_ptr<StopWhenGoodHook>> Create(
      const Config& config) {
    return std::make_unique<StopWhenGoodHook>(config);
  }

  explicit StopWhenGoodHook(const Config& config) : config_(config) {}

  absl::Status AfterValEpoch(anneal::Run& run,
                             const anneal::MetricValues& metrics) override {
    for (const auto& [name, value] : metrics) {
      if (name == config_.metric() && value < config_.below()) {
        run.RequestStop(absl::StrCat(name, " below ", config_.below()));
      }
    }
    return absl::OkStatus();
  }

 private:
  Config config_;
};

ANNEAL_REGISTER(anneal::Hook, StopWhenGoodHook);

}  // namespace
}  // namespace pendulum
