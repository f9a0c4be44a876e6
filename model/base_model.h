// The interface of every model.
#ifndef ANNEAL_MODEL_BASE_MODEL_H_
#define ANNEAL_MODEL_BASE_MODEL_H_

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "model/data_preprocessor.h"
#include "registry/registry.h"
#include "structures/batch.h"
#include "structures/log_vars.h"
#include "utils/value.h"

namespace anneal {

class BaseOptimWrapper;

// A torch::nn::Module that knows its loss. Its parameters, buffers and their
// names are the module's own, so a checkpoint's state_dict is what Python's
// twin of the module expects. Methods throw c10::Error as LibTorch does.
class BaseModel : public torch::nn::Module {
 public:
  // Named losses of a preprocessed batch, each a tensor of any shape. Those
  // whose name contains "loss" are averaged over their elements and summed
  // into the loss that is minimised; the others are only logged.
  virtual LogVars Loss(const Batch& batch) = 0;

  // Predictions for a preprocessed batch, in the names that metrics read.
  // Called in eval mode and without gradients.
  virtual Batch Predict(const Batch& batch) = 0;

  // The raw output for a preprocessed batch, a tensor, list or dict: mmengine's
  // mode="tensor". Throws c10::NotImplementedError unless overridden.
  virtual Value Forward(const Batch& batch);

  // One training iteration: preprocess and Loss under the wrapper's context,
  // ParseLosses, wrapper.UpdateParams. Returns what is logged, "loss" first.
  // Override it for models with several optimizers.
  virtual LogVars TrainStep(const Batch& batch,
                            BaseOptimWrapper& optim_wrapper);

  // Preprocess and Predict.
  virtual Batch ValStep(const Batch& batch);
  virtual Batch TestStep(const Batch& batch);

  // The sum of the losses, and {"loss": sum, then each entry's mean}; one
  // called "loss" takes the sum's place, as in mmengine. Throws c10::ValueError
  // if no name contains "loss".
  static std::pair<at::Tensor, LogVars> ParseLosses(const LogVars& losses);

  // Without one batches pass unchanged.
  void set_data_preprocessor(std::unique_ptr<DataPreprocessor> preprocessor);
  DataPreprocessor* data_preprocessor() { return data_preprocessor_.get(); }

 protected:
  // What the data preprocessor makes of a batch for training or evaluation.
  Batch Preprocess(const Batch& batch, bool training);

 private:
  std::unique_ptr<DataPreprocessor> data_preprocessor_;
};

ANNEAL_REGISTRY(BaseModel, "model");

}  // namespace anneal

#endif  // ANNEAL_MODEL_BASE_MODEL_H_
