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
        context_(context) {
    const int64_t size = context.dataset_size;
    const int64_t ranks = context.world_size;
    num_samples_ = config.round_up()
                       ? (size + ranks - 1) / ranks
                       : (size - context.rank + ranks - 1) / ranks;
    Seek(0, 0);
  }

  void Seek(int64_t epoch, int64_t consumed) override {
    if (order_.empty() || (shuffle_ && epoch != epoch_)) {
      order_ = Permutation(context_.dataset_size, shuffle_, seed_ + epoch);
    }
    epoch_ = epoch;
    next_ = consumed;
  }

  absl::optional<int64_t> Next() override {
    if (next_ >= num_samples_) return absl::nullopt;
    const int64_t position = next_++ * context_.world_size + context_.rank;
    return order_[position % order_.size()];
  }

  absl::optional<int64_t> epoch_size() const override { return num_samples_; }

 private:
  bool shuffle_;
  uint64_t seed_;
  SamplerContext context_;
  int64_t num_samples_;
  int64_t epoch_ = 0;
  int64_t next_ = 0;
  std::vector<int64_t> order_;  // of all ranks
};

ANNEAL_REGISTER(Sampler, DefaultSampler);

}  // namespace
}  // namespace anneal
