// PendulumModel: predicts the next state as a small change of this one.

#include <ATen/ops/mse_loss.h>
#include <ATen/ops/tanh.h>
#include <torch/nn/modules/linear.h>

#include "absl/strings/str_cat.h"
#include "model/base_model.h"
#include "pendulum_model.pb.h"

namespace pendulum {
namespace {

// Reads "inputs" and "labels", float [N, 2]; predicts "states", float [N, 2].
class PendulumModel : public anneal::BaseModel {
 public:
  using Config = PendulumModelConfig;

  static absl::StatusOr<std::unique_ptr<PendulumModel>> Create(
      const Config& config) {
    if (config.hidden() < 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("PendulumModel.hidden is ", config.hidden(),
                       "; it must be at least 1"));
    }
    return std::make_unique<PendulumModel>(config.hidden());
  }

  explicit PendulumModel(int64_t hidden)
      : in_(register_module("in", torch::nn::Linear(2, hidden))),
        middle_(register_module("middle", torch::nn::Linear(hidden, hidden))),
        out_(register_module("out", torch::nn::Linear(hidden, 2))) {}

  anneal::LogVars Loss(const anneal::Batch& batch) override {
    return {{"loss", at::mse_loss(Next(batch), batch.tensor("labels"))}};
  }

  anneal::Batch Predict(const anneal::Batch& batch) override {
    return anneal::Batch({{"states", Next(batch)}});
  }

 private:
  at::Tensor Next(const anneal::Batch& batch) {
    const at::Tensor& state = batch.tensor("inputs");
    at::Tensor x = at::tanh(in_->forward(state));
    x = at::tanh(middle_->forward(x));
    return state.add(out_->forward(x));
  }

  torch::nn::Linear in_;
  torch::nn::Linear middle_;
  torch::nn::Linear out_;
};

ANNEAL_REGISTER(anneal::BaseModel, PendulumModel);

}  // namespace
}  // namespace pendulum
