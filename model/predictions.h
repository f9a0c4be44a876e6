// What the models of this folder predict.
#ifndef ANNEAL_MODEL_PREDICTIONS_H_
#define ANNEAL_MODEL_PREDICTIONS_H_

#include <ATen/core/Tensor.h>

#include "model/loss_function.h"
#include "structures/batch.h"

namespace anneal {

// {"scores": outputs}, and where the batch has "labels" {"loss": float [N]},
// for Accuracy and LossMetric.
inline Batch PredictionsOf(const at::Tensor& outputs, const LossFunction& loss,
                           const Batch& batch) {
  Batch predictions(Dict{{"scores", outputs}});
  const Value* labels = batch.fields().Find("labels");
  if (labels != nullptr && labels->get_if<at::Tensor>()) {
    predictions.fields()["loss"] =
        loss.PerSample(outputs, *labels->get_if<at::Tensor>());
  }
  return predictions;
}

}  // namespace anneal

#endif  // ANNEAL_MODEL_PREDICTIONS_H_
