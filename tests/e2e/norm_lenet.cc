// NormLeNet: a LeNet with batch norms, for tests of SyncBN.

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/tanh.h>
#include <google/protobuf/struct.pb.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include <memory>

#include "model/base_model.h"

namespace anneal {
namespace {

// Two convolutions and two linear layers, a batch norm after each but the last.
// Smooth, with LeNet-5's tanh and average pooling: where ReLU and max pooling
// have a kink, rounding changes a gradient by more than rounding. Reads
// "inputs", float [N, 1, 28, 28], and "labels", int64 [N].
class NormLeNet : public BaseModel {
 public:
  using Config = google::protobuf::Struct;

  static absl::StatusOr<std::unique_ptr<NormLeNet>> Create(const Config&) {
    return std::make_unique<NormLeNet>();
  }

  NormLeNet()
      : conv1_(register_module(
            "conv1", torch::nn::Conv2d(torch::nn::Conv2dOptions(1, 6, 5)))),
        bn1_(register_module("bn1", torch::nn::BatchNorm2d(6))),
        conv2_(register_module(
            "conv2", torch::nn::Conv2d(torch::nn::Conv2dOptions(6, 16, 5)))),
        bn2_(register_module("bn2", torch::nn::BatchNorm2d(16))),
        fc1_(register_module("fc1", torch::nn::Linear(16 * 4 * 4, 32))),
        bn3_(register_module("bn3", torch::nn::BatchNorm1d(32))),
        fc2_(register_module("fc2", torch::nn::Linear(32, 10))) {}

  LogVars Loss(const Batch& batch) override {
    return {{"loss",
             at::cross_entropy_loss(Scores(batch), batch.tensor("labels"))}};
  }

  Batch Predict(const Batch& batch) override {
    return Batch(Dict{{"scores", Scores(batch)}});
  }

 private:
  at::Tensor Scores(const Batch& batch) {
    at::Tensor x = batch.tensor("inputs");
    x = at::tanh(at::avg_pool2d(bn1_->forward(conv1_->forward(x)), 2));
    x = at::tanh(at::avg_pool2d(bn2_->forward(conv2_->forward(x)), 2));
    x = at::tanh(bn3_->forward(fc1_->forward(x.flatten(1))));
    return fc2_->forward(x);
  }

  torch::nn::Conv2d conv1_;
  torch::nn::BatchNorm2d bn1_;
  torch::nn::Conv2d conv2_;
  torch::nn::BatchNorm2d bn2_;
  torch::nn::Linear fc1_;
  torch::nn::BatchNorm1d bn3_;
  torch::nn::Linear fc2_;
};

ANNEAL_REGISTER(BaseModel, NormLeNet);

}  // namespace
}  // namespace anneal
