// DefaultSampler: every sample once an epoch.

#include <memory>
#include <vector>

#include "dataset/default_sampler.pb.h"
#include "dataset/permutation.h"
#include "dataset/sampler.h"

namespace anneal {
namespace {

// mmengine's order: epoch e is torch.randperm seeded with seed + e, padded by
// its own beginning to a multiple of the ranks where round_up says so; rank r
// takes every world_size-th from r on.
class DefaultSampler : public Sampler {
 public:
  using Config = DefaultSamplerConfig;

  static absl::StatusOr<std::unique_ptr<DefaultSampler>> Create(
      const Config& config, const SamplerContext& context) {
    return std::make_unique<DefaultSampler>(config, context);
  }

  DefaultSampler(const Config& config, const SamplerContext& context)
      : shuffle_(config.shuffle()),
        seed_(config.has_seed() ? config.seed() : context.seed),
        round_up_(config.round_up()),
        context_(context) {
    Seek(0, 0);
  }

  void Seek(int64_t epoch, int64_t consumed) override {
    if (order_.empty() || (shuffle_ && epoch != epoch_)) {
      order_ = Permutation(context_.dataset_size, shuffle_, seed_ + epoch);
    }
    epoch_ = epoch;
    next_ = consumed + context_.rank;
    end_ = next_ +
           NumSamples(context_.dataset_size - consumed) * context_.world_size;
  }

  absl::optional<int64_t> Next() override {
    if (next_ >= end_) return absl::nullopt;
    const int64_t index = order_[next_ % order_.size()];
    next_ += context_.world_size;
    return index;
  }

  int64_t epoch() const override { return epoch_; }

  absl::optional<int64_t> epoch_size() const override {
    return NumSamples(context_.dataset_size);
  }

 private:
  // This rank's part of the last `remaining` samples of the global order.
  int64_t NumSamples(int64_t remaining) const {
    const int64_t ranks = context_.world_size;
    const int64_t of_rank = round_up_ ? remaining : remaining - context_.rank;
    return of_rank <= 0 ? 0 : (of_rank + ranks - 1) / ranks;
  }

  bool shuffle_;
  uint64_t seed_;
  bool round_up_;
  SamplerContext context_;
  int64_t epoch_ = 0;
  // Places of the global order.
  int64_t next_ = 0;
  int64_t end_ = 0;
  std::vector<int64_t> order_;  // of all ranks
};

ANNEAL_REGISTER(Sampler, DefaultSampler);

}  // namespace
}  // namespace anneal
