// What happens to a batch between the loader and the model.
#ifndef ANNEAL_MODEL_DATA_PREPROCESSOR_H_
#define ANNEAL_MODEL_DATA_PREPROCESSOR_H_

#include <c10/core/Device.h>

#include "registry/registry.h"
#include "structures/batch.h"

namespace anneal {

// Moves a batch to the model's device and may normalise or augment it there.
// It has no state that a checkpoint would hold.
class DataPreprocessor {
 public:
  virtual ~DataPreprocessor() = default;

  // The batch as the model takes it; `training` says which mode. Throws
  // c10::ValueError for a batch that lacks what it works on.
  virtual Batch Process(const Batch& batch, bool training) = 0;

  // Where batches go; the strategy sets it.
  void set_device(c10::Device device) { device_ = device; }

 protected:
  c10::Device device() const { return device_; }

 private:
  c10::Device device_ = c10::kCPU;
};

ANNEAL_REGISTRY(DataPreprocessor, "data_preprocessor");

}  // namespace anneal

#endif  // ANNEAL_MODEL_DATA_PREPROCESSOR_H_
