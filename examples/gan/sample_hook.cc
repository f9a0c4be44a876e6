// SampleHook: shows what a GAN draws.

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "examples/gan/gan.h"
#include "examples/gan/sample_hook.pb.h"
#include "hooks/hook.h"
#include "strategy/strategy.h"
#include "visualization/visualizer.h"

namespace anneal {
namespace {

// Hands the visualizer a picture of `rows` digits of each class, always from
// the same latents: vis_data/vis_image/samples_<iteration>.png.
//
//   custom_hooks: [{type: SampleHook, interval: 5}]
class SampleHook : public Hook {
 public:
  using Config = SampleHookConfig;

  static absl::StatusOr<std::unique_ptr<SampleHook>> Create(
      const Config& config) {
    if (config.rows() < 1 || config.interval() < 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("SampleHook.rows is ", config.rows(), " and interval ",
                       config.interval(), "; each must be at least 1"));
    }
    return std::make_unique<SampleHook>(config);
  }

  explicit SampleHook(const Config& config) : config_(config) {}

  absl::Status BeforeTrain(Run& run) override {
    if (dynamic_cast<GAN*>(&run.strategy().model())) return absl::OkStatus();
    return absl::InvalidArgumentError(
        "SampleHook shows what a GAN draws; this model is none");
  }

  absl::Status AfterTrainEpoch(Run& run) override {
    if ((run.epoch() + 1) % config_.interval() != 0) return absl::OkStatus();
    auto& gan = dynamic_cast<GAN&>(run.strategy().model());
    const int64_t rows = config_.rows();
    const int64_t columns = gan.num_classes();
    // Its own generator leaves the run's as it is.
    const at::Tensor latents =
        at::randn({rows * columns, gan.latent_size()},
                  at::make_generator<at::CPUGeneratorImpl>(/*seed_in=*/0))
            .to(run.strategy().device());
    const at::Tensor labels =
        at::arange(columns, latents.options().dtype(at::kLong)).repeat({rows});
    gan.eval();
    at::NoGradGuard no_grad;
    // [rows, columns, 28, 28] -> [28 rows, 28 columns, 3]
    const at::Tensor grid = gan.Draw(latents, labels)
                                .view({rows, columns, 28, 28})
                                .transpose(1, 2)
                                .reshape({rows * 28, columns * 28, 1})
                                .add(1)
                                .mul(127.5)
                                .to(at::kByte)
                                .cpu();
    gan.train();
    run.visualizer().AddImage("samples", grid.expand({-1, -1, 3}).contiguous(),
                              run.iter());
    return absl::OkStatus();
  }

 private:
  Config config_;
};

ANNEAL_REGISTER(Hook, SampleHook);

}  // namespace
}  // namespace anneal
