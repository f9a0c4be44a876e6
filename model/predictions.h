// What the models of this folder predict.
#ifndef ANNEAL_MODEL_PREDICTIONS_H_
#define ANNEAL_MODEL_PREDICTIONS_H_

#include <ATen/core/Tensor.h>

#include "model/loss_function.h"
#include "structures/batch.h"

namespace anneal {

// The outputs under the name that `loss` gives them, and where the batch has
// "labels" what LossMetric reads: the "loss" of each sample, float [N], and its
// "loss_weight", float [N], where samples differ in how many labels count.
Batch PredictionsOf(const at::Tensor& outputs, const LossFunction& loss,
                    const Batch& batch);

}  // namespace anneal

#endif  // ANNEAL_MODEL_PREDICTIONS_H_
