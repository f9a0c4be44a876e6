// ImgDataPreprocessor: images normalised and padded on the model's device.

#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/sub.h>
#include <ATen/ops/tensor.h>

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
                       " channels, std has ", config.std_size(),
                       "; both must have one number a channel"));
    }
    if (config.bgr_to_rgb() && config.rgb_to_bgr()) {
      return absl::InvalidArgumentError(
          "ImgDataPreprocessor: bgr_to_rgb and rgb_to_bgr are both true; at "
          "most one may be");
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
    if (config.mean_size() == 0) return;
    mean_ = PerChannel(config.mean());
    std_ = PerChannel(config.std());
  }

  Batch Process(const Batch& batch, bool) override {
    Batch out =
        device().is_cpu() ? batch : batch.To(device(), config_.non_blocking());
    at::Tensor images = out.tensor("inputs");
    TORCH_CHECK_VALUE(images.dim() == 4,
                      "ImgDataPreprocessor needs inputs [N, C, H, W], found ",
                      images.sizes());
    if (config_.bgr_to_rgb() || config_.rgb_to_bgr()) {
      TORCH_CHECK_VALUE(images.size(1) == 3,
                        "ImgDataPreprocessor: the images have ", images.size(1),
                        " channels; bgr_to_rgb and rgb_to_bgr need 3");
      images = images.flip({1});
    }
    images = images.to(at::kFloat);
    if (mean_.defined()) images = Normalized(images);
    out.fields()["inputs"] = Padded(images);
    return out;
  }

 private:
  static at::Tensor PerChannel(
      const google::protobuf::RepeatedField<double>& numbers) {
    return at::tensor(std::vector<float>(numbers.begin(), numbers.end()))
        .view({-1, 1, 1});
  }

  at::Tensor Normalized(const at::Tensor& images) {
    TORCH_CHECK_VALUE(mean_.size(0) == 1 || mean_.size(0) == images.size(1),
                      "ImgDataPreprocessor: the images have ", images.size(1),
                      " channels, mean and std have ", mean_.size(0));
    if (mean_.device() != images.device()) {
      mean_ = mean_.to(images.device());
      std_ = std_.to(images.device());
    }
    return at::sub(images, mean_).div_(std_);
  }

  at::Tensor Padded(const at::Tensor& images) const {
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
  at::Tensor mean_;  // float [C, 1, 1], or undefined
  at::Tensor std_;
};

ANNEAL_REGISTER(DataPreprocessor, ImgDataPreprocessor);

}  // namespace
}  // namespace anneal
