// Normalize: (image - mean) / std.

#include <array>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataset/image.h"
#include "dataset/normalize.pb.h"
#include "dataset/transform.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// One channel's mean and standard deviation. The formula is torchvision's to
// the last bit; a byte's 256 results are computed once.
class Channel {
 public:
  Channel(float mean, float std) : mean_(mean), std_(std) {
    for (int byte = 0; byte < 256; ++byte) of_byte_[byte] = Of(byte);
  }

  void Apply(const uint8_t* from, int64_t size, float* to) const {
    for (int64_t i = 0; i < size; ++i) to[i] = of_byte_[from[i]];
  }
  void Apply(const float* from, int64_t size, float* to) const {
    for (int64_t i = 0; i < size; ++i) to[i] = Of(from[i]);
  }

 private:
  float Of(float pixel) const { return (pixel - mean_) / std_; }

  float mean_;
  float std_;
  std::array<float, 256> of_byte_;
};

// Makes "inputs" float32: (inputs - mean) / std of its channel.
//
//   pipeline: [{type: Normalize, mean: [123.7], std: [58.4]}]
class Normalize : public Transform {
 public:
  using Config = NormalizeConfig;

  static absl::StatusOr<std::unique_ptr<Normalize>> Create(
      const Config& config) {
    if (config.mean_size() == 0 || config.mean_size() != config.std_size()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "Normalize: mean has ", config.mean_size(), " channels, std has ",
          config.std_size(), "; give both a number a channel"));
    }
    auto normalize = std::make_unique<Normalize>();
    for (int c = 0; c < config.mean_size(); ++c) {
      if (!(config.std(c) > 0)) {
        return absl::InvalidArgumentError(absl::StrCat(
            "Normalize: std is ", config.std(c), "; it must be above 0"));
      }
      normalize->channels_.emplace_back(config.mean(c), config.std(c));
    }
    return normalize;
  }

  absl::Status Apply(Dict* sample, SampleRandom*) const override {
    ASSIGN_OR_RETURN(const at::Tensor image, ImageOf(*sample, "Normalize"));
    const int64_t channels = image.size(0);
    if (channels != static_cast<int64_t>(channels_.size())) {
      return absl::InvalidArgumentError(
          absl::StrCat("Normalize: the image has ", channels,
                       " channels, mean and std have ", channels_.size(),
                       "; give a number a channel"));
    }
    at::Tensor out =
        NewImage(channels, image.size(1), image.size(2), at::kFloat);
    const int64_t size = image.size(1) * image.size(2);
    for (int64_t c = 0; c < channels; ++c) {
      float* to = out.mutable_data_ptr<float>() + c * size;
      if (image.scalar_type() == at::kByte) {
        channels_[c].Apply(image.const_data_ptr<uint8_t>() + c * size, size,
                           to);
      } else {
        channels_[c].Apply(image.const_data_ptr<float>() + c * size, size, to);
      }
    }
    (*sample)["inputs"] = std::move(out);
    return absl::OkStatus();
  }

 private:
  std::vector<Channel> channels_;
};

ANNEAL_REGISTER(Transform, Normalize);

}  // namespace
}  // namespace anneal
