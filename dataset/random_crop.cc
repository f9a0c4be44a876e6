// RandomCrop: a part of an image at a random place.

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "dataset/image.h"
#include "dataset/random_crop.pb.h"
#include "dataset/transform.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// torchvision's RandomCrop on "inputs": the row of the corner is drawn, then
// its column.
//
//   pipeline: [{type: RandomCrop, size: 32, padding: 4}]
class RandomCrop : public Transform {
 public:
  using Config = RandomCropConfig;

  static absl::StatusOr<std::unique_ptr<RandomCrop>> Create(
      const Config& config) {
    const int numbers = config.size_size();
    if (numbers < 1 || numbers > 2 || config.size(0) < 1 ||
        config.size(numbers - 1) < 1 || config.padding() < 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "RandomCrop: size is [", absl::StrJoin(config.size(), ", "),
          "] and padding ", config.padding(),
          "; size must be one or two numbers of at least 1, and padding not "
          "negative"));
    }
    return std::make_unique<RandomCrop>(config);
  }

  explicit RandomCrop(const Config& config)
      : height_(config.size(0)),
        width_(config.size(config.size_size() - 1)),
        padding_(config.padding()) {}

  absl::Status Apply(Dict* sample, SampleRandom* random) const override {
    ASSIGN_OR_RETURN(const at::Tensor image, ImageOf(*sample, "RandomCrop"));
    const int64_t height = image.size(1);
    const int64_t width = image.size(2);
    const int64_t spare_rows = height + 2 * padding_ - height_;
    const int64_t spare_columns = width + 2 * padding_ - width_;
    if (spare_rows < 0 || spare_columns < 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          "RandomCrop: an image of ", height, " x ", width, " with padding ",
          padding_, " is smaller than the crop of ", height_, " x ", width_));
    }
    // The crop's corner, in the image's own coordinates.
    const int64_t top = random->UniformInt(0, spare_rows) - padding_;
    const int64_t left = random->UniformInt(0, spare_columns) - padding_;
    at::Tensor out =
        NewImage(image.size(0), height_, width_, image.scalar_type());
    std::memset(out.mutable_data_ptr(), 0, out.nbytes());
    const int64_t item = image.element_size();
    const int64_t first_column = std::max<int64_t>(left, 0);
    const int64_t last_column = std::min(left + width_, width);
    const auto* from = static_cast<const char*>(image.const_data_ptr());
    auto* to = static_cast<char*>(out.mutable_data_ptr());
    for (int64_t c = 0; c < image.size(0); ++c) {
      for (int64_t y = std::max<int64_t>(top, 0);
           y < std::min(top + height_, height); ++y) {
        if (last_column <= first_column) break;
        std::memcpy(
            to +
                ((c * height_ + y - top) * width_ + first_column - left) * item,
            from + ((c * height + y) * width + first_column) * item,
            (last_column - first_column) * item);
      }
    }
    (*sample)["inputs"] = std::move(out);
    return absl::OkStatus();
  }

 private:
  int64_t height_;
  int64_t width_;
  int64_t padding_;
};

ANNEAL_REGISTER(Transform, RandomCrop);

}  // namespace
}  // namespace anneal
