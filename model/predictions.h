// What the models of this folder predict.
#ifndef ANNEAL_MODEL_PREDICTIONS_H_
#define ANNEAL_MODEL_PREDICTIONS_H_

#include <ATen/core/Tensor.h>

#include "model/loss_function.h"
#include "structures/batch.h"

namespace anneal {

// The outputs under the name that `loss` gives them, and where the batch has
// "labels" the "loss" of each sample, float [N], for LossMetric.
inline Batch PredictionsOf(const at::Tensor& outputs, const LossFunction& loss,
                           const Batch& batch) {
  Batch predictions;
  predictions.fields()[loss.outputs_name()] = outputs;
  const Value* labels = batch.fields().Find("labels");
  if (labels != nullptr && labels->get_if<at::Tensor>()) {
    predictions.fields()["loss"] =
        loss.PerSample(outputs, *labels->get_if<at::Tensor>());
  }
  return predictions;
}

}  // namespace anneal

#endif  // ANNEAL_MODEL_PREDICTIONS_H_
