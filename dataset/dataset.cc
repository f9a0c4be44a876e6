#include "dataset/dataset.h"

namespace anneal {

absl::StatusOr<Batch> Dataset::GetBatch(absl::Span<const int64_t>,
                                        const SampleSeed&) const {
  return absl::UnimplementedError("this dataset makes single samples");
}

}  // namespace anneal
