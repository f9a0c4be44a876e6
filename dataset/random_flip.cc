// RandomFlip: an image mirrored, or not.

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "dataset/image.h"
#include "dataset/random_flip.pb.h"
#include "dataset/transform.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

template <typename T>
void MirrorRows(const at::Tensor& image, at::Tensor* out) {
  const int64_t width = image.size(2);
  const T* from = image.const_data_ptr<T>();
  T* to = out->mutable_data_ptr<T>();
  for (int64_t row = 0; row < image.size(0) * image.size(1); ++row) {
    std::reverse_copy(from + row * width, from + (row + 1) * width,
                      to + row * width);
  }
}

// mmcv's RandomFlip on "inputs".
//
//   pipeline: [{type: RandomFlip, prob: 0.5}]
class RandomFlip : public Transform {
 public:
  using Config = RandomFlipConfig;

  static absl::StatusOr<std::unique_ptr<RandomFlip>> Create(
      const Config& config) {
    if (!(config.prob() >= 0 && config.prob() <= 1)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "RandomFlip: prob is ", config.prob(), "; it must be in [0, 1]"));
    }
    const bool is_horizontal = config.direction() == "horizontal";
    if (!is_horizontal && config.direction() != "vertical") {
      return absl::InvalidArgumentError(
          absl::StrCat("RandomFlip: direction is \"", config.direction(),
                       "\"; it must be horizontal or vertical"));
    }
    return std::make_unique<RandomFlip>(config.prob(), is_horizontal);
  }

  RandomFlip(double prob, bool is_horizontal)
      : prob_(prob), is_horizontal_(is_horizontal) {}

  absl::Status Apply(Dict* sample, SampleRandom* random) const override {
    ASSIGN_OR_RETURN(const at::Tensor image, ImageOf(*sample, "RandomFlip"));
    if (!random->Bernoulli(prob_)) return absl::OkStatus();
    at::Tensor out = NewImage(image.size(0), image.size(1), image.size(2),
                              image.scalar_type());
    if (!is_horizontal_) {
      const int64_t height = image.size(1);
      const int64_t row = image.size(2) * image.element_size();
      const auto* from = static_cast<const char*>(image.const_data_ptr());
      auto* to = static_cast<char*>(out.mutable_data_ptr());
      for (int64_t c = 0; c < image.size(0); ++c) {
        for (int64_t y = 0; y < height; ++y) {
          std::memcpy(to + (c * height + y) * row,
                      from + (c * height + height - 1 - y) * row, row);
        }
      }
    } else if (image.scalar_type() == at::kByte) {
      MirrorRows<uint8_t>(image, &out);
    } else {
      MirrorRows<float>(image, &out);
    }
    (*sample)["inputs"] = std::move(out);
    return absl::OkStatus();
  }

 private:
  double prob_;
  bool is_horizontal_;
};

ANNEAL_REGISTER(Transform, RandomFlip);

}  // namespace
}  // namespace anneal
