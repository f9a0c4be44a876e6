// Running averages of a model's weights.
#ifndef ANNEAL_MODEL_AVERAGED_MODEL_H_
#define ANNEAL_MODEL_AVERAGED_MODEL_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>
#include <torch/nn/module.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/optional.h"
#include "utils/value.h"

namespace anneal {

struct AveragedModelOptions {
  // Every how many updates the weights are averaged in; at least 1.
  int64_t interval = 1;
  // Whether floating-point buffers are averaged too; those of integers then
  // stay as they were at the first update. Default: buffers are no part of it.
  bool update_buffers = false;
  // Where the averages are kept. Default: each beside its source.
  absl::optional<c10::Device> device;
};

// Averages of the weights that `source` had at each update; before the first
// they are the source's own, and cost no memory. The source keeps its
// parameters and buffers for as long; their values may change. Not thread-safe.
//
//   ExponentialMovingAverage teacher(student, /*momentum=*/0.001);
//   ... teacher.UpdateParameters();  // after each step
//   teacher.SwapWithSource();        // evaluate; then swap back
class BaseAveragedModel {
 public:
  BaseAveragedModel(std::shared_ptr<const torch::nn::Module> source,
                    const AveragedModelOptions& options);
  virtual ~BaseAveragedModel() = default;
  BaseAveragedModel(const BaseAveragedModel&) = delete;
  BaseAveragedModel& operator=(const BaseAveragedModel&) = delete;

  // The first call copies the source's weights, every `interval`th after it
  // averages them in.
  void UpdateParameters();

  // Calls of UpdateParameters.
  int64_t steps() const { return steps_; }

  // The averages by the source's names; they alias this object's tensors, or
  // the source's before the first update.
  Dict Averages() const;

  // Exchanges the averages' values with the source's.
  void SwapWithSource();

  // Goes on from `averages` after `steps` updates. InvalidArgument, with
  // nothing changed, lists the names that are missing, no tensor or of another
  // shape; unless `strict` those missing are only warned of and taken from the
  // source.
  absl::Status Load(int64_t steps, const Dict& averages, bool strict);

 protected:
  int64_t interval() const { return options_.interval; }

 private:
  // Takes `source[i]` into `averaged[i]`, both floating-point tensors on one
  // device, in place. `steps`: the updates before this one, at least 1.
  virtual void Average(at::TensorList averaged, at::TensorList source,
                       int64_t steps) = 0;

  // Copies of the source's tensors where the averages are kept.
  std::vector<at::Tensor> CopySource() const;

  std::shared_ptr<const torch::nn::Module> module_;
  AveragedModelOptions options_;
  // The source's names and which of source_ each is; a tensor may have several.
  std::vector<std::pair<std::string, size_t>> names_;
  std::vector<at::Tensor> source_;
  // One for each of source_; empty before the first update.
  std::vector<at::Tensor> averages_;
  int64_t steps_ = 0;
};

// The mean of all weights averaged in. Izmailov et al., "Averaging Weights
// Leads to Wider Optima and Better Generalization" (2018).
class StochasticWeightAverage : public BaseAveragedModel {
 public:
  explicit StochasticWeightAverage(
      std::shared_ptr<const torch::nn::Module> source,
      const AveragedModelOptions& options = {})
      : BaseAveragedModel(std::move(source), options) {}

 private:
  void Average(at::TensorList averaged, at::TensorList source,
               int64_t steps) override;
};

// average = (1 - momentum) average + momentum weight.
class ExponentialMovingAverage : public BaseAveragedModel {
 public:
  // `momentum`: the share of the new weights, in (0, 1); near 0 as a rule.
  explicit ExponentialMovingAverage(
      std::shared_ptr<const torch::nn::Module> source, double momentum = 0.0002,
      const AveragedModelOptions& options = {})
      : BaseAveragedModel(std::move(source), options), momentum_(momentum) {}

 protected:
  double momentum() const { return momentum_; }

 private:
  void Average(at::TensorList averaged, at::TensorList source,
               int64_t steps) override;

  double momentum_;
};

// The same with momentum max(momentum, gamma / (gamma + steps)): the averages
// follow the first steps closely.
class MomentumAnnealingEMA : public ExponentialMovingAverage {
 public:
  // `gamma`: above 0.
  explicit MomentumAnnealingEMA(std::shared_ptr<const torch::nn::Module> source,
                                double momentum = 0.0002, int64_t gamma = 100,
                                const AveragedModelOptions& options = {})
      : ExponentialMovingAverage(std::move(source), momentum, options),
        gamma_(gamma) {}

 private:
  void Average(at::TensorList averaged, at::TensorList source,
               int64_t steps) override;

  int64_t gamma_;
};

}  // namespace anneal

#endif  // ANNEAL_MODEL_AVERAGED_MODEL_H_
