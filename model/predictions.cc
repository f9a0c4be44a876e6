#include "model/predictions.h"

namespace anneal {

Batch PredictionsOf(const at::Tensor& outputs, const LossFunction& loss,
                    const Batch& batch) {
  Batch predictions;
  Dict& fields = predictions.fields();
  fields[loss.outputs_name()] = outputs;
  const Value* labels = batch.fields().Find("labels");
  const auto* targets = labels ? labels->get_if<at::Tensor>() : nullptr;
  if (targets == nullptr) return predictions;
  fields["loss"] = loss.PerSample(outputs, *targets);
  const at::Tensor weights = loss.Weights(*targets);
  if (weights.defined()) fields["loss_weight"] = weights;
  return predictions;
}

}  // namespace anneal
