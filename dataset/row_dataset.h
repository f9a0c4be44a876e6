// What datasets of tensors in memory share.
#ifndef ANNEAL_DATASET_ROW_DATASET_H_
#define ANNEAL_DATASET_ROW_DATASET_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

#include "dataset/compose.h"
#include "dataset/dataset.h"
#include "dataset/sample_range.h"

namespace anneal {

// Sample i holds row range.begin + i of each field's tensor, after the
// pipeline. Without a pipeline a batch is one gather a field.
class RowDataset : public Dataset {
 public:
  // Names and contiguous CPU tensors of at least range.end rows.
  using Fields = std::vector<std::pair<std::string, at::Tensor>>;

  RowDataset(Fields fields, SampleRange range, Compose pipeline);

  int64_t size() const override { return range_.size(); }
  absl::StatusOr<Dict> Get(int64_t index, SampleRandom random) const override;
  bool has_get_batch() const override { return pipeline_.empty(); }
  absl::StatusOr<Batch> GetBatch(absl::Span<const int64_t> indices,
                                 const SampleSeed& seed) const override;

 private:
  Fields fields_;
  SampleRange range_;
  Compose pipeline_;
};

}  // namespace anneal

#endif  // ANNEAL_DATASET_ROW_DATASET_H_
