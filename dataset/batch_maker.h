// Samples of a dataset as one batch.
#ifndef ANNEAL_DATASET_BATCH_MAKER_H_
#define ANNEAL_DATASET_BATCH_MAKER_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "dataset/collate.h"
#include "dataset/dataset.h"
#include "structures/batch.h"

namespace anneal {

// A dataset with its collate function. Thread-safe.
class BatchMaker {
 public:
  // `collates_by_default`: whether `collate` is default_collate, for which the
  // dataset's GetBatch stands where it has one. `pin_memory`: whether the
  // batches' tensors are in page-locked memory.
  BatchMaker(std::unique_ptr<Dataset> dataset, std::unique_ptr<Collate> collate,
             bool collates_by_default, bool pin_memory);

  // The batch of these samples. An error, also one that was thrown, keeps its
  // code and names the sample's index, or all where it is of the whole batch.
  absl::StatusOr<Batch> Make(absl::Span<const int64_t> indices,
                             const SampleSeed& seed) const;

  const Dataset& dataset() const { return *dataset_; }

 private:
  absl::StatusOr<Batch> MakeUnpinned(absl::Span<const int64_t> indices,
                                     const SampleSeed& seed) const;

  const std::unique_ptr<const Dataset> dataset_;
  const std::unique_ptr<const Collate> collate_;
  const bool uses_get_batch_;
  const bool pin_memory_;
};

}  // namespace anneal

#endif  // ANNEAL_DATASET_BATCH_MAKER_H_
