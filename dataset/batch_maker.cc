#include "dataset/batch_maker.h"

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "utils/annotate.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"
#include "utils/value.h"

namespace anneal {
namespace {

// The error with the samples it is of in front.
absl::Status Of(absl::Span<const int64_t> indices, const absl::Status& error) {
  constexpr size_t kNamed = 8;
  std::string samples = absl::StrCat(
      indices.size() == 1 ? "sample " : "samples ",
      absl::StrJoin(indices.subspan(0, std::min(indices.size(), kNamed)),
                    ", "));
  if (indices.size() > kNamed) {
    absl::StrAppend(&samples, " and ", indices.size() - kNamed, " more");
  }
  return Annotate(error, samples);
}

}  // namespace

BatchMaker::BatchMaker(std::unique_ptr<Dataset> dataset,
                       std::unique_ptr<Collate> collate,
                       bool collates_by_default, bool pin_memory)
    : dataset_(std::move(dataset)),
      collate_(std::move(collate)),
      uses_get_batch_(collates_by_default && dataset_->has_get_batch()),
      pin_memory_(pin_memory) {}

absl::StatusOr<Batch> BatchMaker::Make(absl::Span<const int64_t> indices,
                                       const SampleSeed& seed) const {
  ASSIGN_OR_RETURN(Batch batch, MakeUnpinned(indices, seed));
  if (!pin_memory_) return batch;
  return CatchTorchError([&] {
    const Value pinned =
        MapTensors(batch.fields(), [](const at::Tensor& tensor) {
          return tensor.is_cpu() ? tensor.pin_memory() : tensor;
        });
    return Batch(*pinned.get_if<Dict>());
  });
}

absl::StatusOr<Batch> BatchMaker::MakeUnpinned(
    absl::Span<const int64_t> indices, const SampleSeed& seed) const {
  if (uses_get_batch_) {
    absl::StatusOr<Batch> batch =
        CatchTorchError([&] { return dataset_->GetBatch(indices, seed); });
    return batch.ok() ? std::move(batch) : Of(indices, batch.status());
  }
  std::vector<Dict> samples;
  samples.reserve(indices.size());
  for (const int64_t index : indices) {
    absl::StatusOr<Dict> sample = CatchTorchError(
        [&] { return dataset_->Get(index, seed.ForSample(index)); });
    if (!sample.ok()) return Of({&index, 1}, sample.status());
    samples.push_back(*std::move(sample));
  }
  absl::StatusOr<Batch> batch =
      CatchTorchError([&] { return (*collate_)(std::move(samples)); });
  return batch.ok() ? std::move(batch) : Of(indices, batch.status());
}

}  // namespace anneal
