#include "model/gpt.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/dropout.h>
#include <ATen/ops/embedding.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/layer_norm.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/multinomial.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/scaled_dot_product_attention.h>
#include <ATen/ops/softmax.h>
#include <ATen/ops/topk.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "model/cross_entropy_loss.pb.h"
#include "model/predictions.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr double kInitStd = 0.02;
constexpr double kNormEps = 1e-5;

// A module that only holds parameters, for the names.
class Parameters : public torch::nn::Module {};
// By whose name paramwise_cfg knows a norm.
class LayerNorm : public Parameters {};

at::Tensor AddWeight(torch::nn::Module* module, const std::string& name,
                     at::IntArrayRef shape, double std) {
  return module->register_parameter(name, at::empty(shape).normal_(0, std));
}

// y = x W^T + b with the parameters "<name>.weight" and "<name>.bias".
struct Dense {
  at::Tensor weight;
  at::Tensor bias;

  Dense(torch::nn::Module* owner, const std::string& name, int64_t in,
        int64_t out, bool has_bias, double std) {
    auto module = std::make_shared<Parameters>();
    weight = AddWeight(module.get(), "weight", {out, in}, std);
    if (has_bias) bias = module->register_parameter("bias", at::zeros({out}));
    owner->register_module(name, module);
  }
  at::Tensor operator()(const at::Tensor& x) const {
    return at::linear(x, weight, bias);
  }
};

struct Norm {
  at::Tensor weight;
  at::Tensor bias;

  Norm(torch::nn::Module* owner, const std::string& name, int64_t features,
       bool has_bias) {
    auto module = std::make_shared<LayerNorm>();
    weight = module->register_parameter("weight", at::ones({features}));
    if (has_bias) {
      bias = module->register_parameter("bias", at::zeros({features}));
    }
    owner->register_module(name, module);
  }
  at::Tensor operator()(const at::Tensor& x) const {
    return at::layer_norm(x, weight.sizes(), weight, bias, kNormEps);
  }
};

std::shared_ptr<Parameters> AddChild(torch::nn::Module* owner,
                                     const std::string& name) {
  return owner->register_module(name, std::make_shared<Parameters>());
}

}  // namespace

// One layer: attention and MLP, each added to its normalised input.
class GPTBlock : public torch::nn::Module {
 public:
  explicit GPTBlock(const GPTConfig& config)
      : n_head_(config.n_head()),
        dropout_(config.dropout()),
        ln_1_(this, "ln_1", config.n_embd(), config.bias()),
        attn_(AddChild(this, "attn")),
        c_attn_(attn_.get(), "c_attn", config.n_embd(), 3 * config.n_embd(),
                config.bias(), kInitStd),
        attn_proj_(attn_.get(), "c_proj", config.n_embd(), config.n_embd(),
                   config.bias(), ResidualStd(config)),
        ln_2_(this, "ln_2", config.n_embd(), config.bias()),
        mlp_(AddChild(this, "mlp")),
        c_fc_(mlp_.get(), "c_fc", config.n_embd(), 4 * config.n_embd(),
              config.bias(), kInitStd),
        mlp_proj_(mlp_.get(), "c_proj", 4 * config.n_embd(), config.n_embd(),
                  config.bias(), ResidualStd(config)) {}

  at::Tensor forward(at::Tensor x) {
    x = x + Dropped(attn_proj_(Attend(ln_1_(x))));
    return x + Dropped(mlp_proj_(at::gelu(c_fc_(ln_2_(x)))));
  }

 private:
  // Smaller where many residuals add up.
  static double ResidualStd(const GPTConfig& config) {
    return kInitStd / std::sqrt(2.0 * config.n_layer());
  }

  at::Tensor Attend(const at::Tensor& x) {
    const int64_t n = x.size(0);
    const int64_t t = x.size(1);
    const int64_t features = x.size(2);
    const auto qkv = c_attn_(x).split(features, 2);
    auto heads = [&](const at::Tensor& y) {
      return y.view({n, t, n_head_, features / n_head_}).transpose(1, 2);
    };
    const at::Tensor y = at::scaled_dot_product_attention(
        heads(qkv[0]), heads(qkv[1]), heads(qkv[2]), /*attn_mask=*/{},
        is_training() ? dropout_ : 0.0, /*is_causal=*/true);
    return y.transpose(1, 2).reshape({n, t, features});
  }

  at::Tensor Dropped(const at::Tensor& x) const {
    return dropout_ > 0 ? at::dropout(x, dropout_, is_training()) : x;
  }

  int64_t n_head_;
  double dropout_;
  Norm ln_1_;
  std::shared_ptr<Parameters> attn_;
  Dense c_attn_;
  Dense attn_proj_;
  Norm ln_2_;
  std::shared_ptr<Parameters> mlp_;
  Dense c_fc_;
  Dense mlp_proj_;
};

absl::StatusOr<std::unique_ptr<GPT>> GPT::Create(const Config& config) {
  const std::pair<const char*, int64_t> sizes[] = {
      {"vocab_size", config.vocab_size()}, {"block_size", config.block_size()},
      {"n_layer", config.n_layer()},       {"n_head", config.n_head()},
      {"n_embd", config.n_embd()},
  };
  for (const auto& [name, size] : sizes) {
    if (size >= 1) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("GPT.", name, " is ", size, "; it must be at least 1"));
  }
  if (config.n_embd() % config.n_head() != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("GPT.n_embd is ", config.n_embd(),
                     ", which n_head = ", config.n_head(), " doesn't divide"));
  }
  if (!(config.dropout() >= 0 && config.dropout() < 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "GPT.dropout is ", config.dropout(), "; it must be in [0, 1)"));
  }
  google::protobuf::Any loss_config;
  loss_config.PackFrom(CrossEntropyLossConfig());
  ASSIGN_OR_RETURN(auto loss,
                   RegistryOf<LossFunction>::Get().Build(loss_config));
  return std::unique_ptr<GPT>(new GPT(config, std::move(loss)));
}

GPT::GPT(const Config& config, std::unique_ptr<LossFunction> loss)
    : config_(config), loss_(std::move(loss)) {
  auto transformer = AddChild(this, "transformer");
  auto wte = AddChild(transformer.get(), "wte");
  token_embedding_ = AddWeight(
      wte.get(), "weight", {config.vocab_size(), config.n_embd()}, kInitStd);
  auto wpe = AddChild(transformer.get(), "wpe");
  position_embedding_ = AddWeight(
      wpe.get(), "weight", {config.block_size(), config.n_embd()}, kInitStd);
  auto layers = AddChild(transformer.get(), "h");
  for (int64_t i = 0; i < config.n_layer(); ++i) {
    blocks_.push_back(layers->register_module(
        absl::StrCat(i), std::make_shared<GPTBlock>(config)));
  }
  const Norm norm(transformer.get(), "ln_f", config.n_embd(), config.bias());
  norm_weight_ = norm.weight;
  norm_bias_ = norm.bias;
  auto lm_head = AddChild(this, "lm_head");
  output_weight_ =
      config.tie_word_embeddings()
          ? lm_head->register_parameter("weight", token_embedding_)
          : AddWeight(lm_head.get(), "weight",
                      {config.vocab_size(), config.n_embd()}, kInitStd);
}

HasLayerDepth::Depth GPT::GetLayerDepth(const std::string& param_name) const {
  const int64_t num_layers = config_.n_layer() + 2;
  // "transformer.h.3.attn...", of the block with number 3.
  const std::vector<std::string> parts = absl::StrSplit(param_name, '.');
  int64_t block;
  if (parts.size() > 2 && parts[1] == "h" &&
      absl::SimpleAtoi(parts[2], &block)) {
    return {block + 1, num_layers};
  }
  const bool is_embedding =
      parts.size() > 1 && (parts[1] == "wte" || parts[1] == "wpe");
  return {is_embedding ? 0 : num_layers - 1, num_layers};
}

at::Tensor GPT::Logits(const at::Tensor& tokens) {
  TORCH_CHECK_VALUE(tokens.dim() == 2, "GPT needs tokens [N, T], found shape ",
                    tokens.sizes());
  const int64_t t = tokens.size(1);
  TORCH_CHECK_VALUE(t <= config_.block_size(), "GPT: a sequence of ", t,
                    " tokens is longer than block_size ", config_.block_size());
  // Other devices report it themselves, without making the host wait.
  if (tokens.is_cpu() && tokens.numel() > 0) {
    const auto highest = tokens.max().item<int64_t>();
    TORCH_CHECK_INDEX(highest < config_.vocab_size(), "GPT: there is a token ",
                      highest, ", but vocab_size is ", config_.vocab_size());
  }
  at::Tensor x = at::embedding(token_embedding_, tokens) +
                 position_embedding_.slice(0, 0, t);
  if (config_.dropout() > 0) {
    x = at::dropout(x, config_.dropout(), is_training());
  }
  for (auto& block : blocks_) x = block->forward(x);
  x = at::layer_norm(x, norm_weight_.sizes(), norm_weight_, norm_bias_,
                     kNormEps);
  return at::linear(x, output_weight_);
}

Value GPT::Forward(const Batch& batch) {
  return Logits(batch.tensor("inputs"));
}

LogVars GPT::Loss(const Batch& batch) {
  const at::Tensor scores = Logits(batch.tensor("inputs"));
  return {{"loss", loss_->Mean(scores.flatten(0, 1),
                               batch.tensor("labels").flatten())}};
}

Batch GPT::Predict(const Batch& batch) {
  const at::Tensor scores = Logits(batch.tensor("inputs"));
  // The loss takes the classes first.
  Batch predictions = PredictionsOf(scores.transpose(1, 2), *loss_, batch);
  predictions.fields()[loss_->outputs_name()] = scores;
  return predictions;
}

at::Tensor GPT::Generate(at::Tensor tokens, int64_t count, double temperature,
                         int64_t top_k) {
  TORCH_CHECK_VALUE(
      temperature > 0, "GPT: temperature is ", temperature,
      "; it must be above 0 (top_k = 1 takes the likeliest token)");
  at::NoGradGuard no_grad;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t begin =
        std::max<int64_t>(0, tokens.size(1) - config_.block_size());
    at::Tensor scores =
        Logits(tokens.slice(1, begin)).select(1, -1) / temperature;
    if (top_k > 0 && top_k < scores.size(1)) {
      const at::Tensor least =
          std::get<0>(at::topk(scores, top_k)).slice(1, top_k - 1);
      scores = scores.masked_fill(scores < least,
                                  -std::numeric_limits<double>::infinity());
    }
    tokens = at::cat({tokens, at::multinomial(at::softmax(scores, 1), 1)}, 1);
  }
  return tokens;
}

ANNEAL_REGISTER(BaseModel, GPT);

}  // namespace anneal
