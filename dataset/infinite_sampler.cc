// InfiniteSampler: an endless stream of samples.

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "dataset/infinite_sampler.pb.h"
#include "dataset/permutation.h"
#include "dataset/sampler.h"

namespace anneal {
namespace {

// Passes over the dataset one after the other, of which rank r takes every
// world_size-th index from r on. Pass c is torch.randperm seeded with seed + c.
// mmengine draws all passes from one generator, so only its first is the same;
// in exchange a resumed run finds its place without drawing the passes before.
class InfiniteSampler : public Sampler {
 public:
  using Config = InfiniteSamplerConfig;

  static absl::StatusOr<std::unique_ptr<InfiniteSampler>> Create(
      const Config& config, const SamplerContext& context) {
    if (context.dataset_size == 0) {
      return absl::InvalidArgumentError(
          "InfiniteSampler: the dataset is empty; give it samples");
    }
    return std::make_unique<InfiniteSampler>(config, context);
  }

  InfiniteSampler(const Config& config, const SamplerContext& context)
      : shuffle_(config.shuffle()),
        seed_(config.has_seed() ? config.seed() : context.seed),
        context_(context),
        next_(context.rank) {}

  void Seek(int64_t, int64_t consumed) override {
    next_ = consumed + context_.rank;
  }

  absl::optional<int64_t> Next() override {
    const int64_t size = context_.dataset_size;
    if (next_ / size != pass_) {
      pass_ = next_ / size;
      order_ = Permutation(size, shuffle_, seed_ + pass_);
    }
    const int64_t index = order_[next_ % size];
    next_ += context_.world_size;
    return index;
  }

  int64_t epoch() const override { return pass_; }

  absl::optional<int64_t> epoch_size() const override { return absl::nullopt; }

 private:
  bool shuffle_;
  uint64_t seed_;
  SamplerContext context_;
  int64_t next_;  // place in the stream of all ranks
  int64_t pass_ = -1;
  std::vector<int64_t> order_;
};

ANNEAL_REGISTER(Sampler, InfiniteSampler);

}  // namespace
}  // namespace anneal
