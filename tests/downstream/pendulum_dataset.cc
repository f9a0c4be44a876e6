// PendulumDataset: states of a simulated pendulum and what follows them.

#include <ATen/ops/from_blob.h>

#include <cmath>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataset/dataset.h"
#include "pendulum_dataset.pb.h"

namespace pendulum {
namespace {

// {"inputs": float [2], "labels": float [2]}: angle in radians and angular
// velocity in radians a second, now and `dt` later.
class PendulumDataset : public anneal::Dataset {
 public:
  using Config = PendulumDatasetConfig;

  static absl::StatusOr<std::unique_ptr<PendulumDataset>> Create(
      const Config& config) {
    if (config.size() < 1 || !(config.dt() > 0)) {
      return absl::InvalidArgumentError(
          absl::StrCat("PendulumDataset: size ", config.size(), " and dt ",
                       config.dt(), " must be above 0"));
    }
    return std::make_unique<PendulumDataset>(config);
  }

  explicit PendulumDataset(const Config& config) : config_(config) {}

  int64_t size() const override { return config_.size(); }

  absl::StatusOr<anneal::Dict> Get(int64_t index,
                                   anneal::SampleRandom) const override {
    // The same swing whatever the epoch.
    anneal::SampleRandom random(config_.seed(), 0, index);
    double angle = (random.Uniform() - 0.5) * 2 * M_PI;
    double velocity = (random.Uniform() - 0.5) * 8;
    const at::Tensor inputs = State(angle, velocity);
    constexpr int kSubsteps = 20;
    const double step = config_.dt() / kSubsteps;
    for (int i = 0; i < kSubsteps; ++i) {
      velocity -= step * config_.stiffness() * std::sin(angle);
      angle += step * velocity;
    }
    return anneal::Dict{{"inputs", inputs}, {"labels", State(angle, velocity)}};
  }

 private:
  static at::Tensor State(double angle, double velocity) {
    float state[] = {static_cast<float>(angle), static_cast<float>(velocity)};
    return at::from_blob(state, {2}).clone();
  }

  Config config_;
};

ANNEAL_REGISTER(anneal::Dataset, PendulumDataset);

}  // namespace
}  // namespace pendulum
