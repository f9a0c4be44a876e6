#include "dataset/row_dataset.h"

#include "dataset/rows.h"
#include "utils/status_macros.h"

namespace anneal {

RowDataset::RowDataset(Fields fields, SampleRange range, Compose pipeline)
    : fields_(std::move(fields)),
      range_(range),
      pipeline_(std::move(pipeline)) {}

absl::StatusOr<Dict> RowDataset::Get(int64_t index, SampleRandom random) const {
  Dict sample;
  for (const auto& [name, tensor] : fields_) {
    sample[name] = RowOf(tensor, range_.begin + index);
  }
  RETURN_IF_ERROR(pipeline_.Apply(&sample, random));
  return sample;
}

absl::StatusOr<Batch> RowDataset::GetBatch(absl::Span<const int64_t> indices,
                                           const SampleSeed& seed) const {
  if (!has_get_batch()) return Dataset::GetBatch(indices, seed);
  Batch batch;
  for (const auto& [name, tensor] : fields_) {
    batch.fields()[name] = GatherRows(tensor, indices, range_.begin);
  }
  return batch;
}

}  // namespace anneal
