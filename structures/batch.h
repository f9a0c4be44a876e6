// What a data loader gives and a model takes.
#ifndef ANNEAL_STRUCTURES_BATCH_H_
#define ANNEAL_STRUCTURES_BATCH_H_

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <utility>

#include "absl/strings/string_view.h"
#include "utils/value.h"

namespace anneal {

// Named values of several samples: tensors whose first dimension is the
// sample, lists with an entry a sample, or anything a collate function made.
// The usual names are "inputs" and "labels". A model's predictions have the
// same shape, with the model's own names ("scores", "pred_labels").
class Batch {
 public:
  Batch() = default;
  explicit Batch(Dict fields) : fields_(std::move(fields)) {}

  // The tensor called `name`. Throws c10::Error that lists the names there are
  // when there is none or it is no tensor.
  const at::Tensor& tensor(absl::string_view name) const;

  // The batch with every tensor, also inside lists, dicts and objects, on
  // `device`.
  Batch To(c10::Device device, bool non_blocking = false) const;

  const Dict& fields() const { return fields_; }
  Dict& fields() { return fields_; }

 private:
  Dict fields_;
};

}  // namespace anneal

#endif  // ANNEAL_STRUCTURES_BATCH_H_
