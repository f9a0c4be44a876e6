#include "dataset/data_loader.h"

#include <ATen/Parallel.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
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

Value PinAll(const Value& value) {
  const auto* tensor = value.get_if<at::Tensor>();
  return tensor != nullptr && tensor->is_cpu() ? tensor->pin_memory() : value;
}

}  // namespace

// Batches are numbered from the last Seek on. A worker takes the next number
// under the lock, makes the batch outside of it and puts it into the slot of
// its number; Next() takes the slots in order.
class DataLoader::Impl {
 public:
  Impl(const DataLoaderConfig& config, const LoaderContext& context,
       std::unique_ptr<Dataset> dataset, std::unique_ptr<Sampler> sampler,
       std::unique_ptr<Collate> collate)
      : config_(config),
        pin_memory_(config.has_pin_memory() ? config.pin_memory()
                                            : context.pin_memory),
        dataset_(std::move(dataset)),
        sampler_(std::move(sampler)),
        collate_(std::move(collate)) {
    seed_.seed = context.seed;
  }

  ~Impl() {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    work_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  void Seek(int64_t epoch, int64_t first_batch) {
    std::lock_guard<std::mutex> lock(mutex_);
    sampler_->Seek(epoch, first_batch * config_.batch_size());
    seed_.epoch = sampler_->epoch_size() ? epoch : 0;
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
      std::vector<int64_t> indices;
      if (!NextIndices(&indices)) return absl::optional<Batch>();
      return Give(MakeBatch(indices, seed_));
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
    lock.unlock();
    return Give(std::move(batch));
  }

  absl::optional<int64_t> num_batches() const {
    const absl::optional<int64_t> samples = sampler_->epoch_size();
    if (!samples) return absl::nullopt;
    const int64_t size = config_.batch_size();
    return config_.drop_last() ? *samples / size : (*samples + size - 1) / size;
  }
  int64_t batch_size() const { return config_.batch_size(); }
  const Dataset& dataset() const { return *dataset_; }

 private:
  // The indices of the next batch; false at the epoch's end.
  bool NextIndices(std::vector<int64_t>* indices) {
    indices->reserve(config_.batch_size());
    while (static_cast<int64_t>(indices->size()) < config_.batch_size()) {
      const absl::optional<int64_t> index = sampler_->Next();
      if (!index) break;
      indices->push_back(*index);
    }
    const bool is_short =
        static_cast<int64_t>(indices->size()) < config_.batch_size();
    return !indices->empty() && !(is_short && config_.drop_last());
  }

  absl::StatusOr<Batch> MakeBatch(const std::vector<int64_t>& indices,
                                  const SampleSeed& seed) const {
    absl::StatusOr<Batch> batch = Batch();
    const absl::Status status = CatchTorchError([&] {
      batch = dataset_->has_get_batch() ? dataset_->GetBatch(indices, seed)
                                        : CollateSamples(indices, seed);
    });
    if (!status.ok()) return status;
    return batch;
  }

  absl::StatusOr<Batch> CollateSamples(const std::vector<int64_t>& indices,
                                       const SampleSeed& seed) const {
    std::vector<Dict> samples;
    samples.reserve(indices.size());
    for (const int64_t index : indices) {
      absl::StatusOr<Dict> sample = dataset_->Get(index, seed.ForSample(index));
      if (!sample.ok()) {
        return absl::Status(
            sample.status().code(),
            absl::StrCat("sample ", index, ": ", sample.status().message()));
      }
      samples.push_back(*std::move(sample));
    }
    return (*collate_)(std::move(samples));
  }

  absl::StatusOr<absl::optional<Batch>> Give(absl::StatusOr<Batch> batch) {
    if (!batch.ok()) return batch.status();
    if (pin_memory_) {
      Dict pinned;
      for (const auto& [key, value] : batch->fields()) {
        pinned.Set(key, PinAll(value));
      }
      return absl::optional<Batch>(Batch(std::move(pinned)));
    }
    return absl::optional<Batch>(*std::move(batch));
  }

  void Work() {
    // Operators of one batch stay on this thread.
    at::set_num_threads(1);
    const int64_t ahead =
        int64_t{config_.num_workers()} * config_.prefetch_factor();
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      work_.wait(lock, [&] {
        return stopping_ || (!is_at_end_ && next_taken_ - next_given_ < ahead);
      });
      if (stopping_) return;
      std::vector<int64_t> indices;
      if (!NextIndices(&indices)) {
        is_at_end_ = true;
        ready_.notify_all();
        continue;
      }
      const int64_t number = next_taken_++;
      const int64_t generation = generation_;
      const SampleSeed seed = seed_;
      slots_.emplace_back();
      lock.unlock();
      absl::StatusOr<Batch> batch = MakeBatch(indices, seed);
      lock.lock();
      if (generation != generation_) continue;
      slots_[number - next_given_] = std::move(batch);
      ready_.notify_all();
    }
  }

  const DataLoaderConfig config_;
  const bool pin_memory_;
  const std::unique_ptr<Dataset> dataset_;
  std::unique_ptr<Sampler> sampler_;
  const std::unique_ptr<Collate> collate_;
  SampleSeed seed_;

  // Guards everything above that changes, and what follows.
  std::mutex mutex_;
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
  ASSIGN_OR_RETURN(auto collate, RegistryOf<Collate>::Get().Build(
                                     config.has_collate_fn()
                                         ? config.collate_fn()
                                         : AnyOf(default_collateConfig())));
  return std::unique_ptr<DataLoader>(new DataLoader(
      std::make_unique<Impl>(config, context, std::move(dataset),
                             std::move(sampler), std::move(collate))));
}

DataLoader::DataLoader(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
DataLoader::~DataLoader() = default;

void DataLoader::Seek(int64_t epoch, int64_t first_batch) {
  impl_->Seek(epoch, first_batch);
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
