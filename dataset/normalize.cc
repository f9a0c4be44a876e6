// Normalize: (image - mean) / std.

#include <ATen/ops/empty.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "dataset/image.h"
#include "dataset/normalize.pb.h"
#include "dataset/transform.h"

namespace anneal {
namespace {

template <typename T>
void NormalizeChannel(const T* from, int64_t size, float scale, float shift,
                      float* to) {
  for (int64_t i = 0; i < size; ++i) to[i] = from[i] * scale + shift;
}

// Makes "inputs" float32.
//
//   pipeline: [{type: Normalize, mean: [123.7], std: [58.4]}]
class Normalize : public Transform {
 public:
  using Config = NormalizeConfig;

  static absl::StatusOr<std::unique_ptr<Normalize>> Create(
      const Config& config) {
    if (config.mean_size() != config.std_size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("Normalize: mean has ", config.mean_size(),
                       " channels, std has ", config.std_size()));
    }
    auto normalize = std::make_unique<Normalize>();
    for (int c = 0; c < config.mean_size(); ++c) {
      if (!(config.std(c) > 0)) {
        return absl::InvalidArgumentError(absl::StrCat(
            "Normalize: std is ", config.std(c), "; it must be above 0"));
      }
      normalize->scale_.push_back(1 / config.std(c));
      normalize->shift_.push_back(-config.mean(c) / config.std(c));
    }
    return normalize;
  }

  absl::Status Apply(Dict* sample, SampleRandom*) const override {
    ASSIGN_OR_RETURN(const at::Tensor image, ImageOf(*sample, "Normalize"));
    const int64_t channels = image.size(0);
    if (channels != static_cast<int64_t>(scale_.size())) {
      return absl::InvalidArgumentError(
          absl::StrCat("Normalize: the image has ", channels,
                       " channels, mean and std have ", scale_.size()));
    }
    at::Tensor out = at::empty(image.sizes(), at::kFloat);
    const int64_t size = image.size(1) * image.size(2);
    for (int64_t c = 0; c < channels; ++c) {
      float* to = out.mutable_data_ptr<float>() + c * size;
      if (image.scalar_type() == at::kByte) {
        NormalizeChannel(image.const_data_ptr<uint8_t>() + c * size, size,
                         scale_[c], shift_[c], to);
      } else {
        NormalizeChannel(image.const_data_ptr<float>() + c * size, size,
                         scale_[c], shift_[c], to);
      }
    }
    (*sample)["inputs"] = std::move(out);
    return absl::OkStatus();
  }

 private:
  std::vector<float> scale_;
  std::vector<float> shift_;
};

ANNEAL_REGISTER(Transform, Normalize);

}  // namespace
}  // namespace anneal
