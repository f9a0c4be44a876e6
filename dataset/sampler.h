// The interface of every sampler.
#ifndef ANNEAL_DATASET_SAMPLER_H_
#define ANNEAL_DATASET_SAMPLER_H_

#include <cstdint>

#include "absl/types/optional.h"
#include "registry/registry.h"

namespace anneal {

// What a sampler is built for.
struct SamplerContext {
  int64_t dataset_size = 0;
  int rank = 0;
  int world_size = 1;
  // Used where the sampler's config has none; the same on all ranks.
  int64_t seed = 0;
};

// The order in which one rank sees a dataset. The global order depends on the
// seed and the epoch alone.
class Sampler {
 public:
  virtual ~Sampler() = default;

  // Goes on after the first `consumed` samples of `epoch`'s global order, those
  // that all ranks have taken together, in time that does not depend on either:
  // rank r is at place `consumed` + r, and takes every world_size-th from
  // there. So a run goes on where one of another world size stopped. An
  // infinite sampler counts `consumed` from the start of the run and ignores
  // `epoch`.
  virtual void Seek(int64_t epoch, int64_t consumed) = 0;

  // The next index in [0, dataset_size), or nullopt at the end of the epoch.
  virtual absl::optional<int64_t> Next() = 0;

  // The epoch of the index that Next() gave last, from which its augmentation
  // is drawn; an infinite sampler's pass over the dataset.
  virtual int64_t epoch() const = 0;

  // Indices of this rank in a whole epoch, or nullopt if infinite.
  virtual absl::optional<int64_t> epoch_size() const = 0;
};

ANNEAL_REGISTRY(Sampler, "sampler", const SamplerContext&);

}  // namespace anneal

#endif  // ANNEAL_DATASET_SAMPLER_H_
