// A generative adversarial network that draws digits.
#ifndef ANNEAL_EXAMPLES_GAN_GAN_H_
#define ANNEAL_EXAMPLES_GAN_GAN_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "examples/gan/gan.pb.h"
#include "model/base_model.h"

namespace anneal {

class Discriminator;
class Generator;

// A conditional DCGAN (Goodfellow et al., 2014; Radford et al., 2016; Miyato &
// Koyama, 2018) with the non-saturating loss. Reads "inputs", float [N, 1, 28,
// 28] in [-1, 1], and "labels", int64 [N]; each iteration trains the
// discriminator, then the generator, each by the optimizer of its name.
//
//   model: {type: GAN}
//   optim_wrapper:
//     type: OptimWrapperDict
//     optim_wrappers:
//       generator: {optimizer: {type: Adam, lr: 0.0002}}
//       discriminator: {optimizer: {type: Adam, lr: 0.0002}}
class GAN : public BaseModel {
 public:
  using Config = GANConfig;
  static absl::StatusOr<std::unique_ptr<GAN>> Create(const Config& config);

  LogVars TrainStep(const Batch& batch,
                    BaseOptimWrapper& optim_wrapper) override;
  // "images": a picture for each of the batch's labels.
  Batch Predict(const Batch& batch) override;
  // Throws c10::NotImplementedError: there are two losses.
  LogVars Loss(const Batch& batch) override;

  // Pictures [N, 1, 28, 28] in [-1, 1] from latents [N, latent_size] and
  // labels [N].
  at::Tensor Draw(const at::Tensor& latents, const at::Tensor& labels);

  int64_t latent_size() const { return config_.latent_size(); }
  int64_t num_classes() const { return config_.num_classes(); }

 private:
  explicit GAN(const Config& config);

  Config config_;
  std::shared_ptr<Generator> generator_;
  std::shared_ptr<Discriminator> discriminator_;
};

}  // namespace anneal

#endif  // ANNEAL_EXAMPLES_GAN_GAN_H_
