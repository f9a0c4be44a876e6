// MLP: linear layers with an activation between.

#include <ATen/ops/gelu.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/sigmoid.h>
#include <ATen/ops/silu.h>
#include <ATen/ops/tanh.h>
#include <torch/nn/modules/linear.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "model/base_model.h"
#include "model/cross_entropy_loss.pb.h"
#include "model/loss_function.h"
#include "model/mlp.pb.h"
#include "model/predictions.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

using Activation = at::Tensor (*)(const at::Tensor&);

const std::map<std::string, Activation>& Activations() {
  static const auto* activations = new std::map<std::string, Activation>{
      {"ReLU", [](const at::Tensor& x) { return at::relu(x); }},
      {"GELU", [](const at::Tensor& x) { return at::gelu(x); }},
      {"Tanh", [](const at::Tensor& x) { return at::tanh(x); }},
      {"Sigmoid", [](const at::Tensor& x) { return at::sigmoid(x); }},
      {"SiLU", [](const at::Tensor& x) { return at::silu(x); }},
  };
  return *activations;
}

// Reads "inputs", [N, ...] whose further dimensions are flattened and which it
// takes as its parameters' dtype, and "labels" as the loss takes them.
// Parameters are named as those of a torch.nn.Sequential of Linear and
// activation: 0.weight, 0.bias, 2.weight, ... Predicts "scores" [N, C], with
// MSELoss "predictions".
//
//   model: {type: MLP, widths: [64, 128, 10]}
class MLP : public BaseModel {
 public:
  using Config = MLPConfig;

  static absl::StatusOr<std::unique_ptr<MLP>> Create(const Config& config) {
    for (const int64_t width : config.widths()) {
      if (width >= 1) continue;
      return absl::InvalidArgumentError(
          absl::StrCat("MLP.widths has ", width, "; each must be at least 1"));
    }
    if (config.widths_size() < 2) {
      return absl::InvalidArgumentError(
          "MLP.widths needs at least two numbers: the features of the input "
          "and of the output");
    }
    auto activation = Activations().find(config.activation());
    if (activation == Activations().end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "MLP.activation is \"", config.activation(), "\"; it must be one of ",
          absl::StrJoin(
              Activations(), ", ",
              [](std::string* out, const auto& item) { *out += item.first; })));
    }
    google::protobuf::Any loss_config = config.loss();
    if (!config.has_loss()) loss_config.PackFrom(CrossEntropyLossConfig());
    ASSIGN_OR_RETURN(auto loss,
                     RegistryOf<LossFunction>::Get().Build(loss_config));
    return std::make_unique<MLP>(config, activation->second, std::move(loss));
  }

  MLP(const Config& config, Activation activation,
      std::unique_ptr<LossFunction> loss)
      : activation_(activation), loss_(std::move(loss)) {
    for (int i = 0; i + 1 < config.widths_size(); ++i) {
      layers_.push_back(register_module(
          absl::StrCat(2 * i),
          torch::nn::Linear(config.widths(i), config.widths(i + 1))));
    }
  }

  Value Forward(const Batch& batch) override { return Outputs(batch); }

  LogVars Loss(const Batch& batch) override {
    return {{"loss", loss_->Mean(Outputs(batch), batch.tensor("labels"))}};
  }

  Batch Predict(const Batch& batch) override {
    return PredictionsOf(Outputs(batch), *loss_, batch);
  }

 private:
  at::Tensor Outputs(const Batch& batch) {
    const at::Tensor& inputs = batch.tensor("inputs");
    const at::Tensor& weight = layers_[0]->weight;
    at::Tensor x = inputs.dim() > 2 ? inputs.flatten(1) : inputs;
    TORCH_CHECK_VALUE(x.dim() == 2 && x.size(1) == weight.size(1),
                      "MLP.widths begins with ", weight.size(1),
                      " features a sample, found inputs of shape ",
                      inputs.sizes());
    x = x.to(weight.scalar_type());
    for (size_t i = 0; i < layers_.size(); ++i) {
      x = layers_[i]->forward(i == 0 ? x : activation_(x));
    }
    return x;
  }

  Activation activation_;
  std::unique_ptr<LossFunction> loss_;
  std::vector<torch::nn::Linear> layers_;
};

ANNEAL_REGISTER(BaseModel, MLP);

}  // namespace
}  // namespace anneal
