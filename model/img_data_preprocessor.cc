// ImgDataPreprocessor: images normalised and padded on the model's device.

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/tensor.h>

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "model/data_preprocessor.h"
#include "model/img_data_preprocessor.pb.h"

namespace anneal {
namespace {

// "inputs" [N, C, H, W], uint8 or float, become float32 (x - mean) / std.
//
//   data_preprocessor: {type: ImgDataPreprocessor, mean: [33.3], std: [78.6]}
class ImgDataPreprocessor : public DataPreprocessor {
 public:
  using Config = ImgDataPreprocessorConfig;

  static absl::StatusOr<std::unique_ptr<ImgDataPreprocessor>> Create(
      const Config& config) {
    if (config.mean_size() != config.std_size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("ImgDataPreprocessor: mean has ", config.mean_size(),
                       " channels, std has ", config.std_size()));
    }
    for (const double std : config.std()) {
      if (!(std > 0)) {
        return absl::InvalidArgumentError(absl::StrCat(
            "ImgDataPreprocessor: std is ", std, "; it must be above 0"));
      }
    }
    if (config.pad_size_divisor() < 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("ImgDataPreprocessor: pad_size_divisor is ",
                       config.pad_size_divisor(), "; it must be at least 1"));
    }
    return std::make_unique<ImgDataPreprocessor>(config);
  }

  explicit ImgDataPreprocessor(const Config& config) : config_(config) {
    std::vector<float> scale;
    std::vector<float> shift;
    for (int c = 0; c < config.mean_size(); ++c) {
      scale.push_back(1 / config.std(c));
      shift.push_back(-config.mean(c) / config.std(c));
    }
    if (scale.empty()) return;
    scale_ = at::tensor(scale).view({-1, 1, 1});
    shift_ = at::tensor(shift).view({-1, 1, 1});
  }

  Batch Process(const Batch& batch, bool) override {
    Batch out =
        device().is_cpu() ? batch : batch.To(device(), config_.non_blocking());
    at::Tensor images = out.tensor("inputs");
    TORCH_CHECK(images.dim() == 4,
                "ImgDataPreprocessor needs inputs [N, C, H, "
                "W], found ",
                images.sizes());
    if (config_.bgr_to_rgb()) images = images.flip({1});
    if (scale_.defined()) {
      TORCH_CHECK(scale_.size(0) == 1 || scale_.size(0) == images.size(1),
                  "ImgDataPreprocessor: the images have ", images.size(1),
                  " channels, mean and std have ", scale_.size(0));
      if (scale_.device() != images.device()) {
        scale_ = scale_.to(images.device());
        shift_ = shift_.to(images.device());
      }
      images = images.to(at::kFloat, false, /*copy=*/true);
      images.mul_(scale_).add_(shift_);
    } else {
      images = images.to(at::kFloat);
    }
    out.fields()["inputs"] = Padded(std::move(images));
    return out;
  }

 private:
  at::Tensor Padded(at::Tensor images) const {
    const int64_t divisor = config_.pad_size_divisor();
    auto missing = [&](int64_t size) {
      return (divisor - size % divisor) % divisor;
    };
    const int64_t rows = missing(images.size(2));
    const int64_t columns = missing(images.size(3));
    if (rows == 0 && columns == 0) return images;
    return at::constant_pad_nd(images, {0, columns, 0, rows},
                               config_.pad_value());
  }

  Config config_;
  at::Tensor scale_;  // float [C, 1, 1], or undefined
  at::Tensor shift_;
};

ANNEAL_REGISTER(DataPreprocessor, ImgDataPreprocessor);

}  // namespace
}  // namespace anneal
