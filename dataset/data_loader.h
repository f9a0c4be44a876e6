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
  // Whether there is an accelerator, so that batches are in page-locked memory
  // unless the config says no.
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

  // Goes to batch `first_batch` of `epoch`, in time that depends on neither.
  // With an infinite sampler `first_batch` counts from the start of the run.
  // A new loader is at the start of epoch 0.
  void Seek(int64_t epoch, int64_t first_batch = 0);

  // Goes on after the first `consumed` samples of the epoch, counted over all
  // ranks: where a run stopped that had another number of ranks or another
  // batch size.
  void SeekToSample(int64_t epoch, int64_t consumed);

  // The next batch; nullopt at the end of the epoch. An error, also one that
  // the sampler threw, is the batch's; a dataset's names the sample's index.
  // The call after it gives the batch behind.
  absl::StatusOr<absl::optional<Batch>> Next();

  // Batches of a whole epoch, or nullopt with an infinite sampler.
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
