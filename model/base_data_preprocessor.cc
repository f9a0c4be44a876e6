// BaseDataPreprocessor: a batch onto the model's device.

#include "model/base_data_preprocessor.pb.h"
#include "model/data_preprocessor.h"

namespace anneal {
namespace {

class BaseDataPreprocessor : public DataPreprocessor {
 public:
  using Config = BaseDataPreprocessorConfig;
  static absl::StatusOr<std::unique_ptr<BaseDataPreprocessor>> Create(
      const Config& config) {
    return std::make_unique<BaseDataPreprocessor>(config.non_blocking());
  }
  explicit BaseDataPreprocessor(bool non_blocking)
      : non_blocking_(non_blocking) {}

  Batch Process(const Batch& batch, bool) override {
    return device().is_cpu() ? batch : batch.To(device(), non_blocking_);
  }

 private:
  bool non_blocking_;
};

ANNEAL_REGISTER(DataPreprocessor, BaseDataPreprocessor);

}  // namespace
}  // namespace anneal
