// TornDataset: points and classes, one sample of which can't be had.

#include <ATen/ops/full.h>
#include <google/protobuf/struct.pb.h>

#include <memory>
#include <stdexcept>

#include "dataset/dataset.h"

namespace anneal {
namespace {

// dataset: {type: TornDataset, size: 96, torn: 40, throws: false}
//
// {"inputs": float [2], "labels": int64 []}. Sample `torn` is a Status, or an
// exception where it `throws`.
class TornDataset : public Dataset {
 public:
  using Config = google::protobuf::Struct;

  static absl::StatusOr<std::unique_ptr<TornDataset>> Create(
      const Config& config) {
    const auto& fields = config.fields();
    auto dataset = std::make_unique<TornDataset>();
    dataset->size_ = static_cast<int64_t>(fields.at("size").number_value());
    dataset->torn_ = static_cast<int64_t>(fields.at("torn").number_value());
    dataset->throws_ = fields.at("throws").bool_value();
    return dataset;
  }

  int64_t size() const override { return size_; }

  absl::StatusOr<Dict> Get(int64_t index, SampleRandom) const override {
    if (index == torn_) {
      if (throws_) throw std::runtime_error("the page is torn");
      return absl::DataLossError("the page is torn");
    }
    return Dict{{"inputs", at::full({2}, 0.01 * static_cast<double>(index))},
                {"labels", at::full({}, index % 2, at::kLong)}};
  }

 private:
  int64_t size_ = 0;
  int64_t torn_ = 0;
  bool throws_ = false;
};

ANNEAL_REGISTER(Dataset, TornDataset);

}  // namespace
}  // namespace anneal
