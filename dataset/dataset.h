// The interface of every dataset.
#ifndef ANNEAL_DATASET_DATASET_H_
#define ANNEAL_DATASET_DATASET_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "registry/registry.h"
#include "structures/batch.h"
#include "utils/sample_random.h"
#include "utils/value.h"

namespace anneal {

// Where a sample's random numbers come from: the same for the same (seed,
// epoch, index), whatever thread or rank asks. With an infinite sampler the
// epoch is the pass over the dataset that the batch's first sample belongs to.
struct SampleSeed {
  uint64_t seed = 0;
  int64_t epoch = 0;

  SampleRandom ForSample(int64_t index) const {
    return SampleRandom(seed, epoch, index);
  }
};

// A sized collection of samples, each a dict. Const methods are called from
// several threads at once.
class Dataset {
 public:
  virtual ~Dataset() = default;

  virtual int64_t size() const = 0;

  // Sample `index` in [0, size()), with its augmentations drawn from `random`.
  // Its tensors may share the dataset's memory; nobody writes into them.
  virtual absl::StatusOr<Dict> Get(int64_t index,
                                   SampleRandom random) const = 0;

  // Samples `indices` as one batch, for datasets that can do so without making
  // each sample (a gather of rows): what Get and default_collate give, to the
  // bit. Unimplemented unless overridden. A loader calls it where the config
  // has no collate function of its own, else Get, and collates.
  virtual absl::StatusOr<Batch> GetBatch(absl::Span<const int64_t> indices,
                                         const SampleSeed& seed) const;
  virtual bool has_get_batch() const { return false; }

  // What the dataset says of itself: "classes" and the like; metrics and
  // visualizers read it.
  virtual Dict metainfo() const { return Dict(); }
};

ANNEAL_REGISTRY(Dataset, "dataset");

}  // namespace anneal

#endif  // ANNEAL_DATASET_DATASET_H_
