// LeNet: the small convolutional network for 28 x 28 images.

#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "absl/strings/str_cat.h"
#include "model/base_model.h"
#include "model/cross_entropy_loss.pb.h"
#include "model/lenet.pb.h"
#include "model/loss_function.h"
#include "model/predictions.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// LeNet-5 (LeCun et al.: Gradient-Based Learning Applied to Document
// Recognition, 1998) with ReLU and max pooling. Reads "inputs", float [N, 1,
// 28, 28], and "labels", int64 [N]; predicts "scores" [N, num_classes].
//
//   model: {type: LeNet, num_classes: 10}
class LeNet : public BaseModel {
 public:
  using Config = LeNetConfig;

  static absl::StatusOr<std::unique_ptr<LeNet>> Create(const Config& config) {
    if (config.num_classes() < 2) {
      return absl::InvalidArgumentError(
          absl::StrCat("LeNet.num_classes is ", config.num_classes(),
                       "; it must be at least 2"));
    }
    google::protobuf::Any loss_config;
    loss_config.PackFrom(CrossEntropyLossConfig());
    ASSIGN_OR_RETURN(auto loss,
                     RegistryOf<LossFunction>::Get().Build(loss_config));
    return std::make_unique<LeNet>(config.num_classes(), std::move(loss));
  }

  LeNet(int64_t num_classes, std::unique_ptr<LossFunction> loss)
      : loss_(std::move(loss)),
        conv1_(register_module(
            "conv1",
            torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 6, 5).padding(2)))),
        conv2_(register_module(
            "conv2", torch::nn::Conv2d(torch::nn::Conv2dOptions(6, 16, 5)))),
        fc1_(register_module("fc1", torch::nn::Linear(16 * 5 * 5, 120))),
        fc2_(register_module("fc2", torch::nn::Linear(120, 84))),
        fc3_(register_module("fc3", torch::nn::Linear(84, num_classes))) {}

  Value Forward(const Batch& batch) override { return Scores(batch); }

  LogVars Loss(const Batch& batch) override {
    return {{"loss", loss_->Mean(Scores(batch), batch.tensor("labels"))}};
  }

  Batch Predict(const Batch& batch) override {
    return PredictionsOf(Scores(batch), *loss_, batch);
  }

 private:
  at::Tensor Scores(const Batch& batch) {
    at::Tensor x = batch.tensor("inputs");
    TORCH_CHECK_VALUE(x.dim() == 4 && x.sizes().slice(1).equals({1, 28, 28}),
                      "LeNet needs inputs [N, 1, 28, 28], found ", x.sizes());
    // Pooling first leaves ReLU a quarter of the work, of the same result.
    x = at::relu(at::max_pool2d(conv1_->forward(x), 2));
    x = at::relu(at::max_pool2d(conv2_->forward(x), 2));
    x = at::relu(fc1_->forward(x.flatten(1)));
    x = at::relu(fc2_->forward(x));
    return fc3_->forward(x);
  }

  std::unique_ptr<LossFunction> loss_;
  torch::nn::Conv2d conv1_;
  torch::nn::Conv2d conv2_;
  torch::nn::Linear fc1_;
  torch::nn::Linear fc2_;
  torch::nn::Linear fc3_;
};

ANNEAL_REGISTER(BaseModel, LeNet);

}  // namespace
}  // namespace anneal
