#include "dataset/data_loader.h"

#include <ATen/Parallel.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/tensor.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <numeric>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "config/struct_component.pb.h"
#include "dataset/build_for_test.h"
#include "dataset/default_collate.pb.h"
#include "dataset/default_sampler.pb.h"
#include "dataset/infinite_sampler.pb.h"
#include "dataset/permutation.h"
#include "dataset/pseudo_collate.pb.h"
#include "dataset/sampler.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;

// A dataset of `size` samples {"index": i, "draw": a random real}, with hooks
// for the test that uses it.
class ProbeDataset : public Dataset {
 public:
  using Config = google::protobuf::Struct;

  static absl::StatusOr<std::unique_ptr<ProbeDataset>> Create(const Config&) {
    return std::make_unique<ProbeDataset>();
  }
  ProbeDataset() : hooks_(hooks) {}
  ~ProbeDataset() override { EXPECT_EQ(num_busy_, 0); }

  int64_t size() const override { return hooks_.size; }
  absl::StatusOr<Dict> Get(int64_t index, SampleRandom random) const override {
    const Busy busy(&num_busy_);
    const absl::Status status = hooks_.on_get(index);
    if (!status.ok()) return status;
    return Dict{{"index", index}, {"draw", random.Uniform()}};
  }
  bool has_get_batch() const override { return hooks_.has_get_batch; }
  absl::StatusOr<Batch> GetBatch(absl::Span<const int64_t> indices,
                                 const SampleSeed&) const override {
    for (const int64_t index : indices) {
      const absl::Status status = hooks_.on_get(index);
      if (!status.ok()) return status;
    }
    return Batch(Dict{{"index", at::tensor(std::vector<int64_t>(
                                    indices.begin(), indices.end()))}});
  }

  struct Hooks {
    int64_t size = 10;
    bool has_get_batch = false;
    // Called for each sample; may throw.
    std::function<absl::Status(int64_t)> on_get = [](int64_t) {
      return absl::OkStatus();
    };
  };
  static Hooks hooks;

 private:
  // Counts the calls under way.
  struct Busy {
    explicit Busy(std::atomic<int>* count) : count(count) { ++*count; }
    ~Busy() { --*count; }
    std::atomic<int>* count;
  };

  const Hooks hooks_;
  mutable std::atomic<int> num_busy_{0};
};

ProbeDataset::Hooks ProbeDataset::hooks;

ANNEAL_REGISTER(Dataset, ProbeDataset);

// Counts from 0; the place of index 5 throws.
class TornSampler : public Sampler {
 public:
  using Config = google::protobuf::Struct;

  static absl::StatusOr<std::unique_ptr<TornSampler>> Create(
      const Config&, const SamplerContext&) {
    return std::make_unique<TornSampler>();
  }

  void Seek(int64_t, int64_t consumed) override { next_ = consumed; }
  absl::optional<int64_t> Next() override {
    if (next_++ == 5) throw std::runtime_error("torn");
    return next_ - 1;
  }
  int64_t epoch() const override { return 0; }
  absl::optional<int64_t> epoch_size() const override { return absl::nullopt; }

 private:
  int64_t next_ = 0;
};

ANNEAL_REGISTER(Sampler, TornSampler);

// Probe datasets that are made from now on have these hooks.
class DataLoaderTest : public testing::TestWithParam<int> {
 protected:
  DataLoaderTest() { ProbeDataset::hooks = {}; }

  // A config of the probe in order, in batches of 4.
  static DataLoaderConfig Config(int num_workers) {
    StructComponent probe;
    probe.set_type("ProbeDataset");
    DataLoaderConfig config;
    *config.mutable_dataset() = Packed(probe);
    config.set_batch_size(4);
    config.set_num_workers(num_workers);
    return config;
  }

  static std::unique_ptr<DataLoader> Make(const DataLoaderConfig& config,
                                          const LoaderContext& context = {}) {
    return *DataLoader::Create(config, context);
  }
};

std::vector<int64_t> Indices(const Batch& batch) {
  const at::Tensor index = batch.tensor("index");
  const auto* data = index.const_data_ptr<int64_t>();
  return std::vector<int64_t>(data, data + index.numel());
}

// The batches from here to the end of the epoch, at most `limit`.
Value::List Rest(DataLoader* loader, size_t limit = 1000) {
  Value::List batches;
  while (batches.size() < limit) {
    const auto batch = loader->Next();
    EXPECT_TRUE(batch.ok()) << batch.status();
    if (!batch.ok() || !batch->has_value()) break;
    batches.push_back((*batch)->fields());
  }
  return batches;
}

std::vector<int64_t> RestIndices(DataLoader* loader, size_t limit = 1000) {
  std::vector<int64_t> all;
  for (const Value& batch : Rest(loader, limit)) {
    const auto indices = Indices(Batch(*batch.get_if<Dict>()));
    all.insert(all.end(), indices.begin(), indices.end());
  }
  return all;
}

Value::List Tail(const Value::List& list, size_t begin) {
  return Value::List(list.begin() + begin, list.end());
}

// --- Each with 0, 1, 2 and 5 workers.

INSTANTIATE_TEST_SUITE_P(Workers, DataLoaderTest, testing::Values(0, 1, 2, 5));

TEST_P(DataLoaderTest, GivesTheSamplersOrderByDefaultShuffled) {
  const auto loader = Make(Config(GetParam()), {0, 1, /*seed=*/3});

  EXPECT_THAT(RestIndices(loader.get()),
              ElementsAreArray(Permutation(10, true, 3)));
}

TEST_P(DataLoaderTest, GivesWhatOneThreadGivesBitForBit) {
  ProbeDataset::hooks.size = 101;
  const auto alone = Make(Config(0), {0, 1, 3});
  const auto loader = Make(Config(GetParam()), {0, 1, 3});

  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    alone->Seek(epoch);
    loader->Seek(epoch);

    EXPECT_TRUE(BitIdentical(Rest(loader.get()), Rest(alone.get()))) << epoch;
  }
}

TEST_P(DataLoaderTest, EndsAndStaysAtTheEnd) {
  const auto loader = Make(Config(GetParam()));
  EXPECT_EQ(Rest(loader.get()).size(), 3);

  EXPECT_FALSE(loader->Next()->has_value());
  EXPECT_FALSE(loader->Next()->has_value());
}

TEST_P(DataLoaderTest, DropsAShortLastBatchIfTold) {
  DataLoaderConfig config = Config(GetParam());
  config.set_drop_last(true);
  const auto loader = Make(config);

  EXPECT_EQ(RestIndices(loader.get()).size(), 8);
  EXPECT_FALSE(loader->Next()->has_value());
}

TEST_P(DataLoaderTest, EpochsDifferInOrderAndDraws) {
  const auto loader = Make(Config(GetParam()));
  const auto first = *loader->Next();
  loader->Seek(1);
  const auto second = *loader->Next();

  EXPECT_NE(Indices(*first), Indices(*second));
  EXPECT_FALSE(BitIdentical(first->tensor("draw"), second->tensor("draw")));
}

TEST_P(DataLoaderTest, ResumesAtAnyBatchOfAnEpochBitForBit) {
  const auto whole = Make(Config(GetParam()), {0, 1, 7});
  whole->Seek(2);
  const Value::List batches = Rest(whole.get());
  for (size_t first = 0; first <= batches.size(); ++first) {
    const auto resumed = Make(Config(GetParam()), {0, 1, 7});

    resumed->Seek(2, first);

    EXPECT_TRUE(BitIdentical(Rest(resumed.get()), Tail(batches, first)))
        << first;
  }
}

TEST_P(DataLoaderTest, ResumesAnInfiniteStreamBitForBit) {
  DataLoaderConfig config = Config(GetParam());
  *config.mutable_sampler() = Packed(InfiniteSamplerConfig());
  const auto whole = Make(config);
  const Value::List batches = Rest(whole.get(), 12);
  for (const int64_t first : {0, 1, 2, 3, 8}) {
    const auto resumed = Make(config);

    resumed->Seek(/*epoch=*/0, first);

    EXPECT_TRUE(BitIdentical(Rest(resumed.get(), batches.size() - first),
                             Tail(batches, first)))
        << first;
  }
}

// Batches of 4 on each of 2 ranks, stopped after 3 of them, then batches of 3
// on each of 5.
TEST_P(DataLoaderTest, ResumesAtAnotherWorldAndBatchSize) {
  ProbeDataset::hooks.size = 57;
  std::multiset<int64_t> taken;
  for (int rank = 0; rank < 2; ++rank) {
    const auto loader = Make(Config(GetParam()), {rank, 2});
    for (const int64_t index : RestIndices(loader.get(), 3)) {
      taken.insert(index);
    }
  }
  ASSERT_EQ(taken.size(), 24);

  DataLoaderConfig config = Config(GetParam());
  config.set_batch_size(3);
  for (int rank = 0; rank < 5; ++rank) {
    const auto loader = Make(config, {rank, 5});
    loader->SeekToSample(/*epoch=*/0, 24);
    for (const int64_t index : RestIndices(loader.get())) taken.insert(index);
  }

  // Every sample once, and two more that make the ranks even: 33 are left.
  std::set<int64_t> unique(taken.begin(), taken.end());
  EXPECT_EQ(unique.size(), 57);
  EXPECT_EQ(taken.size(), 24 + 35);
}

TEST_P(DataLoaderTest, SeeksFarWithoutReadingWhatLiesBefore) {
  std::atomic<int> num_gets{0};
  ProbeDataset::hooks.on_get = [&](int64_t) {
    ++num_gets;
    return absl::OkStatus();
  };
  const auto loader = Make(Config(GetParam()));

  loader->Seek(int64_t{1} << 40, 2);

  EXPECT_THAT(Rest(loader.get()).size(), 1);
  EXPECT_EQ(num_gets, 2);
}

TEST_P(DataLoaderTest, NamesTheSampleOfAnError) {
  ProbeDataset::hooks.on_get = [](int64_t index) {
    return index == 5 ? absl::DataLossError("a.png is truncated")
                      : absl::OkStatus();
  };
  const auto loader = Make(Config(GetParam()));

  std::vector<absl::Status> errors;
  for (int i = 0; i < 3; ++i) {
    const auto batch = loader->Next();
    if (!batch.ok()) errors.push_back(batch.status());
  }

  ASSERT_EQ(errors.size(), 1);
  EXPECT_EQ(errors[0], absl::DataLossError("sample 5: a.png is truncated"));
  EXPECT_FALSE(loader->Next()->has_value());
}

TEST_P(DataLoaderTest, GoesOnBehindAnError) {
  ProbeDataset::hooks.on_get = [](int64_t index) {
    return index == 5 ? absl::DataLossError("truncated") : absl::OkStatus();
  };
  const std::vector<int64_t> order = Permutation(10, true, 0);
  const int64_t bad =
      (std::find(order.begin(), order.end(), 5) - order.begin()) / 4;
  const auto loader = Make(Config(GetParam()));

  for (int64_t i = 0; i < 3; ++i) {
    const auto batch = loader->Next();
    ASSERT_EQ(batch.ok(), i != bad) << i;
    if (i == bad) continue;
    EXPECT_EQ(Indices(**batch)[0], order[4 * i]);
  }
}

struct Thrown {
  std::function<void()> raise;
  absl::StatusCode code;
  std::string words;
};

TEST_P(DataLoaderTest, TurnsWhatIsThrownIntoAnErrorOfTheSample) {
  const Thrown kinds[] = {
      {[] { TORCH_CHECK(false, "torn"); }, absl::StatusCode::kInternal, "torn"},
      {[] { TORCH_CHECK_INDEX(false, "beyond"); },
       absl::StatusCode::kInvalidArgument, "beyond"},
      {[] { throw std::runtime_error("odd"); }, absl::StatusCode::kInternal,
       "odd"},
      {[] { throw std::bad_alloc(); }, absl::StatusCode::kResourceExhausted,
       "out of memory"},
      {[] { throw 7; }, absl::StatusCode::kInternal, "unknown"}};
  for (const Thrown& kind : kinds) {
    ProbeDataset::hooks.on_get = [&](int64_t index) {
      if (index == 7) kind.raise();
      return absl::OkStatus();
    };
    const auto loader = Make(Config(GetParam()));
    absl::Status error;
    for (int i = 0; i < 3; ++i) error.Update(loader->Next().status());

    EXPECT_EQ(error.code(), kind.code);
    EXPECT_THAT(std::string(error.message()),
                AllOf(HasSubstr("sample 7: "), HasSubstr(kind.words)));
  }
}

TEST_P(DataLoaderTest, NamesTheSamplesOfAFailedGetBatch) {
  ProbeDataset::hooks.size = 20;
  ProbeDataset::hooks.has_get_batch = true;
  ProbeDataset::hooks.on_get = [](int64_t index) {
    if (index == 5) throw std::runtime_error("odd");
    return absl::OkStatus();
  };
  DataLoaderConfig config = Config(GetParam());
  config.set_batch_size(20);
  const auto loader = Make(config);

  const absl::Status error = loader->Next().status();

  EXPECT_EQ(error.code(), absl::StatusCode::kInternal);
  const std::vector<int64_t> order = Permutation(20, true, 0);
  EXPECT_THAT(std::string(error.message()),
              AllOf(HasSubstr("samples " + std::to_string(order[0]) + ", " +
                              std::to_string(order[1])),
                    HasSubstr(" and 12 more: odd")));
}

TEST_P(DataLoaderTest, GivesWhatASamplerThrowsAsTheBatchsError) {
  ProbeDataset::hooks.size = 1000;
  StructComponent torn;
  torn.set_type("TornSampler");
  DataLoaderConfig config = Config(GetParam());
  *config.mutable_sampler() = Packed(torn);
  const auto loader = Make(config);

  EXPECT_THAT(Indices(**loader->Next()), ElementsAre(0, 1, 2, 3));
  EXPECT_EQ(loader->Next().status(), absl::InternalError("torn"));
  EXPECT_THAT(Indices(**loader->Next()), ElementsAre(6, 7, 8, 9));
}

TEST_P(DataLoaderTest, IteratesAgainFromAnywhere) {
  ProbeDataset::hooks.size = 40;
  const auto loader = Make(Config(GetParam()));
  for (int64_t epoch = 0; epoch < 60; ++epoch) {
    loader->Seek(epoch, epoch % 3);
    const std::vector<int64_t> order = Permutation(40, true, epoch);

    // Left after none to all batches.
    const std::vector<int64_t> taken = RestIndices(loader.get(), epoch % 12);

    const int64_t begin = 4 * (epoch % 3);
    ASSERT_LE(begin + taken.size(), 40);
    EXPECT_TRUE(std::equal(taken.begin(), taken.end(), order.begin() + begin));
  }
}

TEST_P(DataLoaderTest, EndsAtAnyMoment) {
  for (int num_batches = 0; num_batches < 60; ++num_batches) {
    const auto loader = Make(Config(GetParam()));
    if (num_batches % 2) loader->Seek(1);
    Rest(loader.get(), num_batches % 5);
    // The probe checks that no worker is in it when it goes.
  }
}

// --- What only workers do.

// Counts the samples that are made, and can wait for them.
class Count {
 public:
  void Add() {
    std::lock_guard<std::mutex> lock(mutex_);
    ++count_;
    changed_.notify_all();
  }
  void WaitFor(int count) {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [&] { return count_ >= count; });
  }
  int value() {
    std::lock_guard<std::mutex> lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int count_ = 0;
};

TEST_F(DataLoaderTest, WorkersStartWithTheFirstBatchAskedFor) {
  Count made;
  ProbeDataset::hooks.on_get = [&](int64_t) {
    made.Add();
    return absl::OkStatus();
  };
  {
    const auto loader = Make(Config(2));
    loader->Seek(1);
  }

  EXPECT_EQ(made.value(), 0);
}

TEST_F(DataLoaderTest, WorkersAreAheadByThePrefetchFactorAndNoMore) {
  ProbeDataset::hooks.size = 1000;
  Count made;
  std::atomic<int> num_given{0};
  std::atomic<int> most_ahead{0};
  ProbeDataset::hooks.on_get = [&](int64_t) {
    made.Add();
    const int ahead = made.value() - num_given;
    if (ahead > most_ahead) most_ahead = ahead;
    return absl::OkStatus();
  };
  DataLoaderConfig config = Config(2);
  config.set_batch_size(1);
  config.set_prefetch_factor(3);
  const auto loader = Make(config);

  for (int given = 1; given <= 50; ++given) {
    ASSERT_TRUE(loader->Next()->has_value());
    num_given = given;
    made.WaitFor(given + 6);  // the queue is full
  }

  // The batch that Next() has taken, but not yet returned, is one more.
  EXPECT_LE(most_ahead, 7);
}

TEST_F(DataLoaderTest, GivesABatchAsSoonAsItIsMade) {
  Count released;
  ProbeDataset::hooks.on_get = [&](int64_t index) {
    if (index >= 4) released.WaitFor(1);
    return absl::OkStatus();
  };
  DataLoaderConfig config = Config(3);
  DefaultSamplerConfig in_order;
  in_order.set_shuffle(false);
  *config.mutable_sampler() = Packed(in_order);
  const auto loader = Make(config);

  // The others can't finish before.
  EXPECT_THAT(Indices(**loader->Next()), ElementsAre(0, 1, 2, 3));
  released.Add();
  EXPECT_THAT(Indices(**loader->Next()), ElementsAre(4, 5, 6, 7));
}

TEST_F(DataLoaderTest, KeepsTheOrderWhenALaterBatchIsReadyFirst) {
  Count later;
  ProbeDataset::hooks.on_get = [&](int64_t index) {
    if (index < 4) later.WaitFor(4);
    if (index >= 4) later.Add();
    return absl::OkStatus();
  };
  DataLoaderConfig config = Config(2);
  DefaultSamplerConfig in_order;
  in_order.set_shuffle(false);
  *config.mutable_sampler() = Packed(in_order);

  EXPECT_THAT(RestIndices(Make(config).get()),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

// A batch of the epoch before that ends after Seek is not given.
TEST_F(DataLoaderTest, DropsWhatWasInTheMakingAtASeek) {
  Count started;
  Count released;
  std::atomic<bool> holds{true};
  ProbeDataset::hooks.on_get = [&](int64_t index) {
    if (holds && index >= 4) {
      started.Add();
      released.WaitFor(1);
    }
    return absl::OkStatus();
  };
  DataLoaderConfig config = Config(1);
  DefaultSamplerConfig in_order;
  in_order.set_shuffle(false);
  *config.mutable_sampler() = Packed(in_order);
  const auto loader = Make(config);
  ASSERT_THAT(Indices(**loader->Next()), ElementsAre(0, 1, 2, 3));
  started.WaitFor(1);

  loader->Seek(1);
  holds = false;
  released.Add();

  EXPECT_THAT(RestIndices(loader.get()),
              ElementsAre(0, 1, 2, 3, 4, 5, 6, 7, 8, 9));
}

TEST_F(DataLoaderTest, WorkersUseOneThreadAndLeaveOthersTheirs) {
  at::set_num_threads(3);
  std::atomic<int> most{0};
  ProbeDataset::hooks.on_get = [&](int64_t) {
    most = std::max<int>(most, at::get_num_threads());
    return absl::OkStatus();
  };
  const auto loader = Make(Config(1));
  Rest(loader.get());

  EXPECT_EQ(most, 1);
  EXPECT_EQ(at::get_num_threads(), 3);
  std::thread([] { EXPECT_EQ(at::get_num_threads(), 3); }).join();
}

// --- Without workers, which change nothing here.

TEST_F(DataLoaderTest, DrawsAnewInEachPassOfAnInfiniteSampler) {
  ProbeDataset::hooks.size = 4;
  DataLoaderConfig config = Config(0);
  InfiniteSamplerConfig in_order;
  in_order.set_shuffle(false);
  *config.mutable_sampler() = Packed(in_order);
  const auto loader = Make(config);

  const auto first = *loader->Next();
  const auto second = *loader->Next();

  EXPECT_EQ(Indices(*first), Indices(*second));
  EXPECT_FALSE(BitIdentical(first->tensor("draw"), second->tensor("draw")));
}

TEST_F(DataLoaderTest, CollatesByTheConfigsFunction) {
  DataLoaderConfig config = Config(0);
  *config.mutable_collate_fn() = Packed(pseudo_collateConfig());

  const auto batch = *Make(config)->Next();

  EXPECT_EQ(batch->fields().Find("index")->type_name(), "list");
}

TEST_F(DataLoaderTest, CollatesByTheConfigsFunctionBeforeGetBatch) {
  ProbeDataset::hooks.has_get_batch = true;
  DataLoaderConfig config = Config(0);
  *config.mutable_collate_fn() = Packed(pseudo_collateConfig());

  const auto batch = *Make(config)->Next();

  EXPECT_EQ(batch->fields().Find("index")->type_name(), "list");
}

// The probe's GetBatch gives no "draw".
TEST_F(DataLoaderTest, TakesGetBatchForDefaultCollate) {
  ProbeDataset::hooks.has_get_batch = true;
  DataLoaderConfig config = Config(0);
  EXPECT_EQ((*Make(config)->Next())->fields().Find("draw"), nullptr);

  *config.mutable_collate_fn() = Packed(default_collateConfig());
  EXPECT_EQ((*Make(config)->Next())->fields().Find("draw"), nullptr);
}

// mmengine's configs say pin_memory where there is no accelerator, too.
TEST_F(DataLoaderTest, PinsNothingWithoutAnAccelerator) {
  DataLoaderConfig config = Config(0);
  config.set_pin_memory(true);

  EXPECT_TRUE(Make(config)->Next()->has_value());
}

struct Size {
  int64_t size;
  int64_t batch_size;
  bool drop_last;
  int world_size;
  int64_t num_batches;
};

TEST_F(DataLoaderTest, CountsTheBatchesOfAnEpoch) {
  for (const Size& size : {Size{10, 4, false, 1, 3}, Size{10, 4, true, 1, 2},
                           Size{8, 4, false, 1, 2}, Size{8, 4, true, 1, 2},
                           Size{3, 4, false, 1, 1}, Size{3, 4, true, 1, 0},
                           Size{10, 4, false, 3, 1}, Size{17, 4, true, 2, 2},
                           Size{10, 1000000000000, false, 1, 1}}) {
    ProbeDataset::hooks.size = size.size;
    DataLoaderConfig config = Config(0);
    config.set_batch_size(size.batch_size);
    config.set_drop_last(size.drop_last);
    const auto loader = Make(config, {0, size.world_size});

    EXPECT_EQ(loader->num_batches(), size.num_batches);
    EXPECT_EQ(Rest(loader.get()).size(), size.num_batches);
    EXPECT_EQ(loader->batch_size(), size.batch_size);
  }
}

TEST_F(DataLoaderTest, HasNoCountWithAnInfiniteSampler) {
  DataLoaderConfig config = Config(0);
  *config.mutable_sampler() = Packed(InfiniteSamplerConfig());

  EXPECT_EQ(Make(config)->num_batches(), absl::nullopt);
}

TEST_F(DataLoaderTest, RefusesSizesOutOfRange) {
  for (const auto& change :
       std::vector<std::pair<std::string, void (*)(DataLoaderConfig*)>>{
           {"batch_size 0", [](auto* c) { c->set_batch_size(0); }},
           {"prefetch_factor 0", [](auto* c) { c->set_prefetch_factor(0); }},
           {"num_workers -1", [](auto* c) { c->set_num_workers(-1); }}}) {
    DataLoaderConfig config = Config(0);
    change.second(&config);

    const absl::Status status = DataLoader::Create(config, {}).status();

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(change.first));
  }
}

TEST_F(DataLoaderTest, NamesADatasetThatIsNotLinked) {
  DataLoaderConfig config = Config(0);
  StructComponent wrong;
  wrong.set_type("ProbDataset");
  *config.mutable_dataset() = Packed(wrong);

  const absl::Status status = DataLoader::Create(config, {}).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(status.message()), HasSubstr("ProbeDataset"));
}

}  // namespace
}  // namespace anneal
