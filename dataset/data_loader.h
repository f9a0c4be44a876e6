// Batches of a dataset, made ahead by threads.
#ifndef ANNEAL_DATASET_DATA_LOADER_H_
#define ANNEAL_DATASET_DATA_LOADER_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "dataset/data_loader.pb.h"
#include "dataset/dataset.h"
#include "registry/registry.h"

namespace anneal {

// What a loader is built for.
struct LoaderContext {
  int rank = 0;
  int world_size = 1;
  // Seed of the sampler and of augmentation; the same on all ranks.
  int64_t seed = 0;
  // Whether batches end in page-locked memory (there is an accelerator).
  bool pin_memory = false;
};

// Gives the batches of a dataset in the sampler's order, the same batches for
// any `num_workers`. With workers, up to num_workers * prefetch_factor batches
// are made ahead by threads. One thread calls it.
//
//   train_dataloader:
//     batch_size: 64
//     num_workers: 2
//     dataset: {type: MNIST, data_root: data/mnist}
//     sampler: {type: DefaultSampler, shuffle: true}
class DataLoader {
 public:
  using Config = DataLoaderConfig;

  // InvalidArgument for sizes out of range, else the component's own error.
  static absl::StatusOr<std::unique_ptr<DataLoader>> Create(
      const Config& config, const LoaderContext& context);
  ~DataLoader();

  // Goes to batch `first_batch` of `epoch`: O(1) in both. With an infinite
  // sampler `first_batch` counts from the start of the run.
  void Seek(int64_t epoch, int64_t first_batch = 0);

  // The next batch; nullopt at the end of the epoch. A sample's error names
  // its index.
  absl::StatusOr<absl::optional<Batch>> Next();

  // Batches an epoch, or nullopt with an infinite sampler.
  absl::optional<int64_t> num_batches() const;
  int64_t batch_size() const;
  const Dataset& dataset() const;

 private:
  class Impl;
  explicit DataLoader(std::unique_ptr<Impl> impl);

  std::unique_ptr<Impl> impl_;
};

ANNEAL_REGISTRY(DataLoader, "dataloader", const LoaderContext&);

}  // namespace anneal

#endif  // ANNEAL_DATASET_DATA_LOADER_H_
