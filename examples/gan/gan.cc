#include "examples/gan/gan.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/leaky_relu.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/softplus.h>
#include <ATen/ops/tanh.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/linear.h>

#include "absl/strings/str_cat.h"
#include "optim/base_optim_wrapper.h"

namespace anneal {
namespace {

torch::nn::Conv2d Halve(int64_t in, int64_t out) {
  return torch::nn::Conv2d(
      torch::nn::Conv2dOptions(in, out, 4).stride(2).padding(1));
}

torch::nn::ConvTranspose2d Twice(int64_t in, int64_t out) {
  return torch::nn::ConvTranspose2d(
      torch::nn::ConvTranspose2dOptions(in, out, 4).stride(2).padding(1));
}

// While it lives no gradient is computed for the module's parameters.
class Frozen {
 public:
  explicit Frozen(const torch::nn::Module& module)
      : params_(module.parameters()) {
    for (at::Tensor& param : params_) param.set_requires_grad(false);
  }
  ~Frozen() {
    for (at::Tensor& param : params_) param.set_requires_grad(true);
  }

 private:
  std::vector<at::Tensor> params_;
};

}  // namespace

class Generator : public torch::nn::Module {
 public:
  explicit Generator(const GANConfig& config)
      : config_(config),
        fc_(register_module(
            "fc", torch::nn::Linear(config.latent_size() + config.num_classes(),
                                    2 * config.width() * 7 * 7))),
        norm1_(register_module("norm1",
                               torch::nn::BatchNorm2d(2 * config.width()))),
        up1_(register_module("up1", Twice(2 * config.width(), config.width()))),
        norm2_(
            register_module("norm2", torch::nn::BatchNorm2d(config.width()))),
        up2_(register_module("up2", Twice(config.width(), 1))) {}

  at::Tensor Forward(const at::Tensor& latents, const at::Tensor& labels) {
    const at::Tensor classes =
        at::one_hot(labels, config_.num_classes()).to(latents.scalar_type());
    at::Tensor x = fc_->forward(at::cat({latents, classes}, 1));
    x = at::relu(norm1_->forward(x.view({-1, 2 * config_.width(), 7, 7})));
    x = at::relu(norm2_->forward(up1_->forward(x)));
    return at::tanh(up2_->forward(x));
  }

 private:
  GANConfig config_;
  torch::nn::Linear fc_;
  torch::nn::BatchNorm2d norm1_;
  torch::nn::ConvTranspose2d up1_;
  torch::nn::BatchNorm2d norm2_;
  torch::nn::ConvTranspose2d up2_;
};

class Discriminator : public torch::nn::Module {
 public:
  explicit Discriminator(const GANConfig& config)
      : down1_(register_module("down1", Halve(1, config.width()))),
        down2_(register_module("down2",
                               Halve(config.width(), 2 * config.width()))),
        real_(register_module(
            "real", torch::nn::Linear(2 * config.width() * 7 * 7, 1))),
        of_class_(register_module("of_class",
                                  torch::nn::Linear(2 * config.width() * 7 * 7,
                                                    config.num_classes()))) {}

  // How real each picture is as one of its class, as a logit [N, 1].
  at::Tensor Forward(const at::Tensor& images, const at::Tensor& labels) {
    at::Tensor x = at::leaky_relu(down1_->forward(images), 0.2);
    x = at::leaky_relu(down2_->forward(x), 0.2).flatten(1);
    return real_->forward(x) +
           of_class_->forward(x).gather(1, labels.unsqueeze(1));
  }

 private:
  torch::nn::Conv2d down1_;
  torch::nn::Conv2d down2_;
  torch::nn::Linear real_;
  torch::nn::Linear of_class_;
};

absl::StatusOr<std::unique_ptr<GAN>> GAN::Create(const Config& config) {
  for (const auto& [name, size] :
       {std::make_pair("latent_size", config.latent_size()),
        std::make_pair("num_classes", config.num_classes()),
        std::make_pair("width", config.width())}) {
    if (size >= 1) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("GAN.", name, " is ", size, "; it must be at least 1"));
  }
  return std::unique_ptr<GAN>(new GAN(config));
}

GAN::GAN(const Config& config)
    : config_(config),
      generator_(
          register_module("generator", std::make_shared<Generator>(config))),
      discriminator_(register_module(
          "discriminator", std::make_shared<Discriminator>(config))) {}

LogVars GAN::TrainStep(const Batch& batch, BaseOptimWrapper& optim_wrapper) {
  const Batch data = Preprocess(batch, /*training=*/true);
  const at::Tensor& real = data.tensor("inputs");
  const at::Tensor& labels = data.tensor("labels");
  BaseOptimWrapper& generator = optim_wrapper["generator"];
  BaseOptimWrapper& discriminator = optim_wrapper["discriminator"];

  at::Tensor fake, loss_d;
  {
    const auto context = generator.OptimContext();
    fake =
        Draw(at::randn({real.size(0), latent_size()}, real.options()), labels);
  }
  {
    const auto context = discriminator.OptimContext();
    loss_d =
        at::softplus(-discriminator_->Forward(real, labels)).mean() +
        at::softplus(discriminator_->Forward(fake.detach(), labels)).mean();
  }
  discriminator.UpdateParams(loss_d);

  at::Tensor loss_g;
  {
    const Frozen frozen(*discriminator_);
    const auto context = generator.OptimContext();
    loss_g = at::softplus(-discriminator_->Forward(fake, labels)).mean();
  }
  generator.UpdateParams(loss_g);
  return {{"loss_g", loss_g.detach()}, {"loss_d", loss_d.detach()}};
}

Batch GAN::Predict(const Batch& batch) {
  const at::Tensor& labels = batch.tensor("labels");
  const at::Tensor latents =
      at::randn({labels.size(0), latent_size()},
                parameters()[0].options().requires_grad(false));
  return Batch(Dict{{"images", Draw(latents, labels)}});
}

LogVars GAN::Loss(const Batch&) {
  C10_THROW_ERROR(NotImplementedError,
                  "GAN has two losses, each of its own optimizer: it trains "
                  "by TrainStep");
}

at::Tensor GAN::Draw(const at::Tensor& latents, const at::Tensor& labels) {
  return generator_->Forward(latents, labels);
}

ANNEAL_REGISTER(BaseModel, GAN);

}  // namespace anneal
