#include "dataset/data_loader.h"

#include <ATen/Parallel.h>
#include <omp.h>

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dataset/batch_maker.h"
#include "dataset/collate.h"
#include "dataset/default_collate.pb.h"
#include "dataset/default_sampler.pb.h"
#include "dataset/sampler.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {
namespace {

absl::Status CheckConfig(const DataLoaderConfig& config) {
  if (config.batch_size() < 1 || config.num_workers() < 0 ||
      config.prefetch_factor() < 1) {
    return absl::InvalidArgumentError(absl::StrCat(
        "DataLoader: batch_size ", config.batch_size(), " and prefetch_factor ",
        config.prefetch_factor(), " must be at least 1, num_workers ",
        config.num_workers(), " not negative"));
  }
  return absl::OkStatus();
}

google::protobuf::Any AnyOf(const google::protobuf::Message& message) {
  google::protobuf::Any any;
  any.PackFrom(message);
  return any;
}

// Operators that this thread calls stay on it. (at::set_num_threads would set
// the number of every thread that has not used any yet.)
void UseOneThread() {
  at::get_num_threads();  // LibTorch's own setting of a new thread
  omp_set_num_threads(1);
}

}  // namespace

// Batches are numbered from the last Seek on. A worker takes the next number
// under the lock, makes the batch outside of it and puts it into the slot of
// its number; Next() takes the slots in order.
class DataLoader::Impl {
 public:
  Impl(const DataLoaderConfig& config, const LoaderContext& context,
       std::unique_ptr<Dataset> dataset, std::unique_ptr<Sampler> sampler,
       std::unique_ptr<Collate> collate, bool collates_by_default)
      : config_(config),
        context_(context),
        maker_(std::move(dataset), std::move(collate), collates_by_default,
               context.pin_memory &&
                   (!config.has_pin_memory() || config.pin_memory())),
        sampler_(std::move(sampler)) {}

  ~Impl() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  void Seek(int64_t epoch, int64_t first_batch) {
    SeekToSample(epoch,
                 first_batch * config_.batch_size() * context_.world_size);
  }

  void SeekToSample(int64_t epoch, int64_t consumed) {
    std::lock_guard<std::mutex> lock(mutex_);
    sampler_->Seek(epoch, consumed);
    // What workers still make belongs to the generation before.
    ++generation_;
    slots_.clear();
    next_taken_ = 0;
    next_given_ = 0;
    is_at_end_ = false;
    work_.notify_all();
  }

  absl::StatusOr<absl::optional<Batch>> Next() {
    if (config_.num_workers() == 0) {
      ASSIGN_OR_RETURN(const Plan plan, NextPlan());
      if (plan.indices.empty()) return absl::optional<Batch>();
      return maker_.Make(plan.indices, plan.seed);
    }
    std::unique_lock<std::mutex> lock(mutex_);
    // Threads start with the first batch that is asked for.
    while (static_cast<int>(workers_.size()) < config_.num_workers()) {
      workers_.emplace_back([this] { Work(); });
    }
    ready_.wait(lock, [this] {
      return (!slots_.empty() && slots_.front().has_value()) ||
             (is_at_end_ && slots_.empty());
    });
    if (slots_.empty()) return absl::optional<Batch>();
    absl::StatusOr<Batch> batch = *std::move(slots_.front());
    slots_.pop_front();
    ++next_given_;
    work_.notify_one();
    return batch;
  }

  absl::optional<int64_t> num_batches() const {
    const absl::optional<int64_t> samples = sampler_->epoch_size();
    if (!samples) return absl::nullopt;
    const int64_t size = config_.batch_size();
    return config_.drop_last() ? *samples / size : (*samples + size - 1) / size;
  }
  int64_t batch_size() const { return config_.batch_size(); }
  const Dataset& dataset() const { return maker_.dataset(); }

 private:
  // What the next batch is made of; no indices at the epoch's end.
  struct Plan {
    std::vector<int64_t> indices;
    SampleSeed seed;
  };

  // The sampler's own error, also one that it throws.
  absl::StatusOr<Plan> NextPlan() {
    return CatchTorchError([&] { return Planned(); });
  }

  Plan Planned() {
    const auto size = static_cast<size_t>(config_.batch_size());
    Plan plan;
    plan.seed.seed = context_.seed;
    plan.indices.reserve(std::min<size_t>(size, dataset().size()));
    while (plan.indices.size() < size) {
      const absl::optional<int64_t> index = sampler_->Next();
      if (!index) break;
      if (plan.indices.empty()) plan.seed.epoch = sampler_->epoch();
      plan.indices.push_back(*index);
    }
    if (plan.indices.size() < size && config_.drop_last()) plan.indices.clear();
    return plan;
  }

  void Work() {
    UseOneThread();
    const int64_t ahead =
        int64_t{config_.num_workers()} * config_.prefetch_factor();
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      work_.wait(lock, [&] {
        return stopping_ || (!is_at_end_ && next_taken_ - next_given_ < ahead);
      });
      if (stopping_) return;
      const absl::StatusOr<Plan> plan = NextPlan();
      if (plan.ok() && plan->indices.empty()) {
        is_at_end_ = true;
        ready_.notify_all();
        continue;
      }
      const int64_t number = next_taken_++;
      const int64_t generation = generation_;
      slots_.emplace_back();
      lock.unlock();
      absl::StatusOr<Batch> batch =
          plan.ok() ? maker_.Make(plan->indices, plan->seed) : plan.status();
      lock.lock();
      if (generation != generation_) continue;
      slots_[number - next_given_] = std::move(batch);
      ready_.notify_all();
    }
  }

  const DataLoaderConfig config_;
  const LoaderContext context_;
  const BatchMaker maker_;

  // Guards what follows.
  std::mutex mutex_;
  std::unique_ptr<Sampler> sampler_;
  std::condition_variable work_;
  std::condition_variable ready_;
  bool stopping_ = false;
  bool is_at_end_ = false;
  int64_t generation_ = 0;
  int64_t next_taken_ = 0;
  int64_t next_given_ = 0;
  // Batches next_given_ to next_taken_; empty while in the making.
  std::deque<absl::optional<absl::StatusOr<Batch>>> slots_;
  std::vector<std::thread> workers_;
};

absl::StatusOr<std::unique_ptr<DataLoader>> DataLoader::Create(
    const Config& config, const LoaderContext& context) {
  RETURN_IF_ERROR(CheckConfig(config));
  ASSIGN_OR_RETURN(auto dataset,
                   RegistryOf<Dataset>::Get().Build(config.dataset()));
  SamplerContext sampler_context;
  sampler_context.dataset_size = dataset->size();
  sampler_context.rank = context.rank;
  sampler_context.world_size = context.world_size;
  sampler_context.seed = context.seed;
  ASSIGN_OR_RETURN(auto sampler,
                   RegistryOf<Sampler>::Get().Build(
                       config.has_sampler() ? config.sampler()
                                            : AnyOf(DefaultSamplerConfig()),
                       sampler_context));
  const google::protobuf::Any collate_fn = config.has_collate_fn()
                                               ? config.collate_fn()
                                               : AnyOf(default_collateConfig());
  ASSIGN_OR_RETURN(auto collate, RegistryOf<Collate>::Get().Build(collate_fn));
  return std::unique_ptr<DataLoader>(new DataLoader(std::make_unique<Impl>(
      config, context, std::move(dataset), std::move(sampler),
      std::move(collate), collate_fn.Is<default_collateConfig>())));
}

DataLoader::DataLoader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DataLoader::~DataLoader() = default;

void DataLoader::Seek(int64_t epoch, int64_t first_batch) {
  impl_->Seek(epoch, first_batch);
}
void DataLoader::SeekToSample(int64_t epoch, int64_t consumed) {
  impl_->SeekToSample(epoch, consumed);
}
absl::StatusOr<absl::optional<Batch>> DataLoader::Next() {
  return impl_->Next();
}
absl::optional<int64_t> DataLoader::num_batches() const {
  return impl_->num_batches();
}
int64_t DataLoader::batch_size() const { return impl_->batch_size(); }
const Dataset& DataLoader::dataset() const { return impl_->dataset(); }

ANNEAL_REGISTER(DataLoader, DataLoader);

}  // namespace anneal
