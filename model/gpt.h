// A small causal transformer.
#ifndef ANNEAL_MODEL_GPT_H_
#define ANNEAL_MODEL_GPT_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "model/base_model.h"
#include "model/gpt.pb.h"
#include "model/loss_function.h"
#include "optim/constructors/layer_depth.h"

namespace anneal {

class GPTBlock;

// GPT-2's architecture (Radford et al., 2019) and initialisation: pre-norm
// blocks of causal self-attention and a GELU MLP, learned positions. Parameters
// are named as nanoGPT's: transformer.h.0.attn.c_attn.weight, ...,
// lm_head.weight, which is in state_dict also where it is the token embedding.
//
// Reads "inputs", int64 [N, T] with T up to block_size, and "labels", int64
// [N, T], of which -100 don't count; predicts "scores" [N, T, vocab_size].
//
//   model: {type: GPT, vocab_size: 65, block_size: 64, n_layer: 4}
class GPT : public BaseModel, public HasLayerDepth {
 public:
  using Config = GPTConfig;
  static absl::StatusOr<std::unique_ptr<GPT>> Create(const Config& config);

  Value Forward(const Batch& batch) override;
  LogVars Loss(const Batch& batch) override;
  Batch Predict(const Batch& batch) override;

  // The embeddings are layer 0 of n_layer + 2, the last norm and the output the
  // last.
  Depth GetLayerDepth(const std::string& param_name) const override;

  // Continues `tokens`, int64 [N, T] with T at least 1, by `count` tokens drawn
  // from the softmax of the last scores / temperature, of the `top_k` highest
  // if above 0. Reads the last block_size tokens; the caller sets eval mode.
  // Draws from LibTorch's default generator. Throws c10::ValueError for a
  // temperature not above 0.
  at::Tensor Generate(at::Tensor tokens, int64_t count, double temperature,
                      int64_t top_k);

 private:
  GPT(const Config& config, std::unique_ptr<LossFunction> loss);
  at::Tensor Logits(const at::Tensor& tokens);

  Config config_;
  std::unique_ptr<LossFunction> loss_;
  std::vector<std::shared_ptr<GPTBlock>> blocks_;
  at::Tensor token_embedding_;     // [vocab_size, n_embd]
  at::Tensor position_embedding_;  // [block_size, n_embd]
  at::Tensor norm_weight_;
  at::Tensor norm_bias_;
  at::Tensor output_weight_;  // [vocab_size, n_embd]
};

}  // namespace anneal

#endif  // ANNEAL_MODEL_GPT_H_
