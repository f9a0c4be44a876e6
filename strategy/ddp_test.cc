// DDPStrategy, by its registered name, in real processes.

#include <ATen/TensorOperators.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/equal.h>
#include <ATen/ops/full.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/sin.h>
#include <ATen/ops/tanh.h>
#include <ATen/ops/zeros.h>
#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "dist/communicator.h"
#include "dist/single_process.h"
#include "model/base_model.h"
#include "optim/base_optim_wrapper.h"
#include "strategy/ddp.pb.h"
#include "strategy/module_state_dict.h"
#include "strategy/strategy.h"
#include "structures/batch.h"
#include "tests/support/ranks.h"
#include "utils/torch_status.h"
#include "utils/value.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// Deals out over 2, 3 and 4 ranks.
constexpr int kBatchSize = 24;
constexpr int kIters = 20;

at::Tensor Waves(std::vector<int64_t> shape, double shift) {
  int64_t numel = 1;
  for (const int64_t size : shape) numel *= size;
  return at::arange(numel, at::kFloat).mul(0.7).add(shift).sin().view(shape);
}

// Two layers whose weights begin at `shift`, one that is not used and, where
// frozen, a first one that does not train.
class Net : public BaseModel {
 public:
  explicit Net(double shift = 0, int64_t width = 8) {
    w1 = register_parameter("w1", Waves({width, 4}, shift));
    b1 = register_parameter("b1", Waves({width}, shift + 1));
    w2 = register_parameter("w2", Waves({3, width}, shift + 2));
    seen = register_buffer("seen", at::full({1}, shift));
  }

  void AddUnused() { register_parameter("unused", Waves({2}, 3)); }
  void Freeze() { w1.set_requires_grad(false); }

  LogVars Loss(const Batch& batch) override {
    const at::Tensor hidden = at::linear(batch.tensor("inputs"), w1, b1).tanh();
    return {{"loss",
             at::mse_loss(at::linear(hidden, w2), batch.tensor("targets"))}};
  }
  Batch Predict(const Batch& batch) override { return batch; }

  at::Tensor w1, b1, w2, seen;
};

// Rank's part of the iteration's batch.
Batch PartOf(int iter, int rank, int world_size) {
  const int64_t size = kBatchSize / world_size;
  const auto rows = [&](int64_t columns, double shift) {
    return Waves({kBatchSize, columns}, shift + 5 * iter)
        .narrow(0, rank * size, size)
        .clone();
  };
  return Batch(Dict{{"inputs", rows(4, 0.3)}, {"targets", rows(3, 0.9)}});
}

google::protobuf::Any OptimConfig(const std::string& text) {
  google::protobuf::Any any;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &any))
      << text;
  return any;
}

const char kSgd[] =
    "optimizer { [type.googleapis.com/anneal.SGDConfig] {"
    " lr: 0.3 momentum: 0.9 weight_decay: 0.01 } } ";
const char kAdamW[] =
    "optimizer { [type.googleapis.com/anneal.AdamWConfig] { lr: 0.01 } } ";

std::string Wrapper(const std::string& fields,
                    const std::string& type = "OptimWrapper") {
  return absl::StrCat("[type.googleapis.com/anneal.", type, "Config] { ",
                      fields, "}");
}

// `fields` are those of DDPStrategyConfig.
absl::StatusOr<std::unique_ptr<Strategy>> Build(
    const std::string& fields, dist::Communicator& communicator) {
  DDPStrategyConfig config;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(fields, &config))
      << fields;
  google::protobuf::Any any;
  any.PackFrom(config);
  return RegistryOf<Strategy>::Get().Build(any, &communicator);
}

Value CloneTensors(const Value& value) {
  return MapTensors(value,
                    [](const at::Tensor& tensor) { return tensor.clone(); });
}

// A prepared strategy.
std::unique_ptr<Strategy> Prepared(const std::string& fields,
                                   const std::string& optim,
                                   std::shared_ptr<BaseModel> model,
                                   dist::Communicator& communicator) {
  auto strategy = Build(fields, communicator);
  EXPECT_TRUE(strategy.ok()) << strategy.status();
  const google::protobuf::Any config = OptimConfig(optim);
  const absl::Status status =
      (*strategy)->Prepare(std::move(model), &config, nullptr);
  EXPECT_TRUE(status.ok()) << status;
  (*strategy)->optim_wrapper()->InitializeCountStatus(0, kIters, false);
  return *std::move(strategy);
}

// Trains iterations `begin` to `end`; the mean of each loss over all ranks.
std::vector<double> Train(Strategy& strategy, int begin, int end,
                          dist::Communicator& communicator) {
  std::vector<double> losses;
  for (int iter = begin; iter < end; ++iter) {
    const LogVars logs = strategy.TrainStep(
        PartOf(iter, communicator.rank(), communicator.world_size()));
    at::Tensor loss = logs[0].second.to(at::kDouble);
    EXPECT_TRUE(communicator.AllReduce(&loss, dist::ReduceOp::kMean).ok());
    losses.push_back(loss.item<double>());
  }
  return losses;
}

// On every rank, where a strategy gives them on the main one.
Dict WeightsOf(Strategy& strategy) { return ModuleStateDict(strategy.model()); }

double LargestDifference(const Dict& a, const Dict& b) {
  EXPECT_EQ(a.size(), b.size());
  double largest = 0;
  for (const auto& [key, value] : a) {
    const at::Tensor& other = *b.FindKey(key)->get_if<at::Tensor>();
    const at::Tensor difference = *value.get_if<at::Tensor>() - other;
    largest = std::max(largest, difference.abs().max().item<double>());
  }
  return largest;
}

void ExpectSameOnAllRanks(const Value& value,
                          dist::Communicator& communicator) {
  const auto all = communicator.AllGatherObject(value);
  ASSERT_TRUE(all.ok()) << all.status();
  for (const Value& other : *all) EXPECT_TRUE(BitIdentical(value, other));
}

struct Case {
  const char* name;
  std::string strategy;
  std::string optim;
  double tolerance = 2e-6;
  void (Net::*change)() = nullptr;
};

class DDPStrategyEquals : public ::testing::TestWithParam<Case> {};

TEST_P(DDPStrategyEquals, OneProcessAtTheFullBatch) {
  for (const int world_size : {2, 3, 4}) {
    RunRanks(world_size, [](dist::Communicator& communicator) {
      const Case& param = GetParam();
      const auto make = [&](double shift) {
        auto net = std::make_shared<Net>(shift);
        if (param.change) (net.get()->*param.change)();
        return net;
      };
      const auto one = dist::SingleProcess();
      // All begin as rank 0 does.
      const auto strategy = Prepared(param.strategy, param.optim,
                                     make(communicator.rank()), communicator);
      const auto again = Prepared(param.strategy, param.optim,
                                  make(communicator.rank()), communicator);
      const auto whole = Prepared("", param.optim, make(0), *one);

      const auto losses = Train(*strategy, 0, kIters, communicator);
      const auto repeated = Train(*again, 0, kIters, communicator);
      const auto expected = Train(*whole, 0, kIters, *one);

      EXPECT_LT(expected.back(), expected.front() * 0.7);
      for (int i = 0; i < kIters; ++i) {
        EXPECT_NEAR(losses[i], expected[i], param.tolerance) << i;
      }
      const Dict state = WeightsOf(*strategy);
      EXPECT_LT(LargestDifference(state, WeightsOf(*whole)), param.tolerance);
      ExpectSameOnAllRanks(state, communicator);
      EXPECT_EQ(losses, repeated);
      EXPECT_TRUE(BitIdentical(state, WeightsOf(*again)));
      EXPECT_TRUE(
          BitIdentical(strategy->OptimStateDict(), again->OptimStateDict()));
    });
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, DDPStrategyEquals,
    ::testing::Values(
        Case{"Plain", "", Wrapper(kSgd)}, Case{"AdamW", "", Wrapper(kAdamW)},
        Case{"Accumulation", "",
             Wrapper(absl::StrCat(kSgd, "accumulative_counts: 3"))},
        Case{"ClipNorm", "",
             Wrapper(absl::StrCat(kSgd, "clip_grad { max_norm: 0.05 }"))},
        Case{"ClipValue", "",
             Wrapper(absl::StrCat(kSgd, "clip_grad { clip_value: 0.01 }"))},
        Case{"Copies", "model_wrapper { gradient_as_bucket_view: false }",
             Wrapper(kSgd)},
        Case{"SmallBuckets", "model_wrapper { bucket_cap_mb: 1e-6 }",
             Wrapper(kSgd)},
        Case{"FindUnused", "model_wrapper { find_unused_parameters: true }",
             Wrapper(kSgd), 2e-6, &Net::AddUnused},
        Case{"Static", "model_wrapper { static_graph: true }", Wrapper(kSgd),
             2e-6, &Net::AddUnused},
        Case{"StaticAccumulation", "model_wrapper { static_graph: true }",
             Wrapper(absl::StrCat(kSgd, "accumulative_counts: 3"))},
        Case{"Torchs",
             "model_wrapper { type: 'DistributedDataParallel' "
             "broadcast_buffers: false }",
             Wrapper(kSgd)},
        Case{"Frozen", "", Wrapper(kSgd), 2e-6, &Net::Freeze},
        // What bfloat16 rounds depends on the batch.
        Case{"Bfloat16", "", Wrapper(kSgd, "AmpOptimWrapper"), 2e-2},
        // float16 has 11 bits.
        Case{"Fp16Compress",
             "model_wrapper { comm_hook: 'fp16_compress_hook' }", Wrapper(kSgd),
             5e-3},
        // bfloat16 has 8.
        Case{"Bf16Compress",
             "model_wrapper { comm_hook: 'bf16_compress_hook' }", Wrapper(kSgd),
             4e-2}),
    [](const auto& info) { return info.param.name; });

// What ZeroRedundancyOptimizer of kAdamW's optimizer is.
const char kZero[] =
    "optimizer { [type.googleapis.com/anneal.StructComponent] {"
    " type: 'ZeroRedundancyOptimizer' fields {"
    " fields { key: 'optimizer_type' value { string_value: 'AdamW' } }"
    " fields { key: 'lr' value { number_value: 0.01 } } } } } ";

TEST(DDPStrategy, ZeroRedundancyOptimizerIsTheOptimizerItNames) {
  for (const int world_size : {2, 3}) {
    RunRanks(world_size, [](dist::Communicator& communicator) {
      const std::string clip = "clip_grad { max_norm: 0.5 }";
      const auto make = [&](const char* optimizer) {
        return Prepared("", Wrapper(absl::StrCat(optimizer, clip)),
                        std::make_shared<Net>(), communicator);
      };
      const auto plain = make(kAdamW);
      const auto zero = make(kZero);

      EXPECT_EQ(Train(*zero, 0, kIters, communicator),
                Train(*plain, 0, kIters, communicator));

      EXPECT_TRUE(BitIdentical(WeightsOf(*zero), WeightsOf(*plain)));
      const Value zero_state = zero->OptimStateDict();
      Value state = plain->OptimStateDict();
      if (communicator.is_main_rank()) {
        EXPECT_TRUE(BitIdentical(zero_state, state));
      }
      // The whole of either goes on with the other.
      ASSERT_TRUE(communicator.BroadcastObject(&state, 0).ok());
      const auto resumed = make(kZero);
      ASSERT_TRUE(
          resumed
              ->LoadModelStateDict(WeightsOf(*plain), StateDictMatch::kStrict)
              .ok());
      ASSERT_TRUE(resumed->LoadOptimStateDict(state).ok());
      EXPECT_EQ(Train(*resumed, 0, 5, communicator),
                Train(*plain, 0, 5, communicator));
    });
  }
}

TEST(DDPStrategy, StateThatIsSavedIsTheMainRanksAlone) {
  RunRanks(2, [](dist::Communicator& communicator) {
    for (const char* optimizer : {kAdamW, kZero}) {
      const auto strategy = Prepared("", Wrapper(optimizer),
                                     std::make_shared<Net>(), communicator);
      Train(*strategy, 0, 2, communicator);

      const Dict model = strategy->ModelStateDict();
      const Value optim = strategy->OptimStateDict();

      EXPECT_EQ(model.size(), communicator.is_main_rank() ? 4 : 0);
      EXPECT_EQ(optim.is_none(), !communicator.is_main_rank());
    }
  });
}

struct Thawing {
  const char* name;
  const char* strategy;
  const char* optimizer;
};

class DDPStrategyThawing : public ::testing::TestWithParam<Thawing> {};

// As by a hook, in the middle of a window of accumulation.
TEST_P(DDPStrategyThawing, ParametersAreReducedWhileTheyTrain) {
  for (const int world_size : {2, 3}) {
    RunRanks(world_size, [](dist::Communicator& communicator) {
      const auto one = dist::SingleProcess();
      const auto train = [](const char* fields, const char* optimizer,
                            dist::Communicator& ranks) {
        auto net = std::make_shared<Net>();
        net->w1.set_requires_grad(false);
        const auto strategy = Prepared(
            fields, Wrapper(absl::StrCat(optimizer, "accumulative_counts: 2")),
            net, ranks);
        Train(*strategy, 0, 5, ranks);
        const at::Tensor before = net->w1.detach().clone();
        net->w1.set_requires_grad(true);
        net->b1.set_requires_grad(false);
        Train(*strategy, 5, 10, ranks);
        EXPECT_FALSE(at::equal(net->w1, before));
        net->b1.set_requires_grad(true);
        Train(*strategy, 10, 14, ranks);
        return WeightsOf(*strategy);
      };

      const Dict weights =
          train(GetParam().strategy, GetParam().optimizer, communicator);

      ExpectSameOnAllRanks(weights, communicator);
      EXPECT_LT(LargestDifference(weights, train("", kAdamW, *one)), 2e-6);
    });
  }
}

INSTANTIATE_TEST_SUITE_P(
    Cases, DDPStrategyThawing,
    ::testing::Values(
        Thawing{"Default", "", kAdamW},
        Thawing{"Copies", "model_wrapper { gradient_as_bucket_view: false }",
                kAdamW},
        Thawing{"FindUnused", "model_wrapper { find_unused_parameters: true }",
                kAdamW},
        Thawing{"Static", "model_wrapper { static_graph: true }", kAdamW},
        Thawing{"Zero", "", kZero}),
    [](const auto& info) { return info.param.name; });

TEST(DDPStrategy, OneRankIsASingleDevice) {
  RunProcesses(1, [](const dist::GroupOptions&) {
    const auto one = dist::SingleProcess();
    const auto strategy =
        Prepared("model_wrapper { static_graph: true }", Wrapper(kSgd),
                 std::make_shared<Net>(), *one);

    const auto losses = Train(*strategy, 0, kIters, *one);

    EXPECT_LT(losses.back(), losses.front() * 0.7);
  });
}

TEST(DDPStrategy, GoesOnFromItsStateBitForBit) {
  RunRanks(2, [](dist::Communicator& communicator) {
    for (const char* more : {"", "accumulative_counts: 3"}) {
      const std::string optim = Wrapper(absl::StrCat(kAdamW, more));
      const auto make = [&] {
        return Prepared("", optim, std::make_shared<Net>(), communicator);
      };
      const auto whole = make();
      Train(*whole, 0, 8, communicator);
      // Rank 0's state, as a checkpoint has it.
      Value model = CloneTensors(WeightsOf(*whole));
      Value optim_state = CloneTensors(whole->OptimStateDict());
      ASSERT_TRUE(communicator.BroadcastObject(&model, 0).ok());
      ASSERT_TRUE(communicator.BroadcastObject(&optim_state, 0).ok());
      const auto resumed = make();

      ASSERT_TRUE(resumed
                      ->LoadModelStateDict(*model.get_if<Dict>(),
                                           StateDictMatch::kStrict)
                      .ok());
      ASSERT_TRUE(resumed->LoadOptimStateDict(optim_state).ok());
      resumed->optim_wrapper()->InitializeCountStatus(8, kIters, false);

      EXPECT_EQ(Train(*resumed, 8, kIters, communicator),
                Train(*whole, 8, kIters, communicator));
      EXPECT_TRUE(BitIdentical(WeightsOf(*resumed), WeightsOf(*whole)));
      EXPECT_TRUE(
          BitIdentical(resumed->OptimStateDict(), whole->OptimStateDict()));
    }
  });
}

// A window's gradients so far, of ranks that no longer are, are their mean.
TEST(DDPStrategy, GoesOnInsideAWindowWithOtherRanks) {
  RunRanks(2, [](dist::Communicator& communicator) {
    const std::string optim =
        Wrapper(absl::StrCat(kSgd, "accumulative_counts: 3"));
    const auto whole =
        Prepared("", optim, std::make_shared<Net>(), communicator);
    Train(*whole, 0, 8, communicator);
    Value model = CloneTensors(WeightsOf(*whole));
    Value optim_state = CloneTensors(whole->OptimStateDict());
    ASSERT_TRUE(communicator.BroadcastObject(&model, 0).ok());
    ASSERT_TRUE(communicator.BroadcastObject(&optim_state, 0).ok());
    const auto one = dist::SingleProcess();
    const auto resumed = Prepared("", optim, std::make_shared<Net>(), *one);

    ASSERT_TRUE(
        resumed
            ->LoadModelStateDict(*model.get_if<Dict>(), StateDictMatch::kStrict)
            .ok());
    ASSERT_TRUE(resumed->LoadOptimStateDict(optim_state).ok());
    resumed->optim_wrapper()->InitializeCountStatus(8, kIters, false);

    Train(*whole, 8, kIters, communicator);
    Train(*resumed, 8, kIters, *one);
    EXPECT_LT(LargestDifference(WeightsOf(*resumed), WeightsOf(*whole)), 2e-6);
  });
}

TEST(DDPStrategy, OtherModelOnARankIsRefusedByAll) {
  RunRanks(2, [](dist::Communicator& communicator) {
    const auto strategy = *Build("", communicator);
    const auto optim = OptimConfig(Wrapper(kSgd));

    const absl::Status status = strategy->Prepare(
        std::make_shared<Net>(0, 8 + communicator.rank()), &optim, nullptr);

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("rank 0 has parameter w1 Float[8, 4], rank 1 has "
                          "parameter w1 Float[9, 4]"));
  });
}

TEST(DDPStrategy, UnusedParameterIsNamed) {
  RunRanks(2, [](dist::Communicator& communicator) {
    auto net = std::make_shared<Net>();
    net->AddUnused();
    const auto strategy = Prepared("", Wrapper(kSgd), net, communicator);

    const absl::Status status = CatchTorchError(
        [&] { strategy->TrainStep(PartOf(0, communicator.rank(), 2)); });

    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()),
                HasSubstr("does not depend on unused"));
  });
}

TEST(DDPStrategy, BroadcastsBuffersWhereTheWrapperDoes) {
  RunRanks(2, [](dist::Communicator& communicator) {
    const auto seen_after_a_step = [&](const std::string& fields) {
      auto net = std::make_shared<Net>();
      const auto strategy = Prepared(fields, Wrapper(kSgd), net, communicator);
      net->seen.fill_(communicator.rank() + 5);
      Train(*strategy, 0, 1, communicator);
      return net->seen.item<double>();
    };
    const double own = communicator.rank() + 5;

    EXPECT_EQ(seen_after_a_step(""), own);
    EXPECT_EQ(seen_after_a_step("model_wrapper {}"), 5);
    EXPECT_EQ(seen_after_a_step("model_wrapper { broadcast_buffers: false }"),
              own);
    EXPECT_EQ(seen_after_a_step("model_wrapper { broadcast_buffers: true }"),
              5);
    EXPECT_EQ(seen_after_a_step("model_wrapper { type: "
                                "'MMSeparateDistributedDataParallel' }"),
              own);
  });
}

// As torch's do.
TEST(DDPStrategy, BuffersStayARanksOwnInsideAWindow) {
  RunRanks(2, [](dist::Communicator& communicator) {
    auto net = std::make_shared<Net>();
    const auto strategy =
        Prepared("model_wrapper {}",
                 Wrapper(absl::StrCat(kSgd, "accumulative_counts: 3")), net,
                 communicator);
    const double own = communicator.rank() + 5;
    for (const double expected : {5.0, own, own, 5.0, own}) {
      net->seen.fill_(own);

      strategy->TrainStep(PartOf(0, communicator.rank(), 2));

      EXPECT_EQ(net->seen.item<double>(), expected);
    }
  });
}

TEST(DDPStrategy, OverflowOfOneRankIsSkippedByAll) {
  RunRanks(2, [](dist::Communicator& communicator) {
    const auto strategy = Prepared(
        "",
        Wrapper(absl::StrCat(kSgd,
                             "dtype: 'float32' loss_scale { struct_value {"
                             " fields { key: 'init_scale' value {"
                             " number_value: 1024 } } } }"),
                "AmpOptimWrapper"),
        std::make_shared<Net>(), communicator);
    Train(*strategy, 0, 1, communicator);
    const Value before = CloneTensors(Value(WeightsOf(*strategy)));
    Batch batch = PartOf(1, communicator.rank(), 2);
    if (communicator.rank() == 1) batch.tensor("targets").fill_(INFINITY);

    strategy->TrainStep(batch);

    EXPECT_TRUE(BitIdentical(Value(WeightsOf(*strategy)), before));
    const Value state = strategy->optim_wrapper()->state_dict();
    ExpectSameOnAllRanks(state, communicator);
    const Dict& scaler =
        *state.get_if<Dict>()->Find("loss_scaler")->get_if<Dict>();
    EXPECT_EQ(*scaler.Find("scale")->get_if<double>(), 512);
    Train(*strategy, 2, 4, communicator);
    EXPECT_FALSE(BitIdentical(Value(WeightsOf(*strategy)), before));
  });
}

// A discriminator that has gradients of the generator's loss, too.
class Gan : public BaseModel {
 public:
  Gan() {
    generator = register_module("generator", std::make_shared<Part>(4, 0.1));
    discriminator =
        register_module("discriminator", std::make_shared<Part>(3, 0.2));
  }

  struct Part : torch::nn::Module {
    Part(int64_t inputs, double shift)
        : weight(register_parameter("weight", Waves({3, inputs}, shift))) {}
    at::Tensor operator()(const at::Tensor& x) const {
      return at::linear(x, weight).tanh();
    }
    at::Tensor weight;
  };

  LogVars Loss(const Batch&) override { return {}; }
  Batch Predict(const Batch& batch) override { return batch; }
  LogVars TrainStep(const Batch& batch, BaseOptimWrapper& wrapper) override {
    const at::Tensor fake = (*generator)(batch.tensor("inputs"));
    const at::Tensor loss_d =
        (*discriminator)(fake.detach()).square().mean() +
        (*discriminator)(batch.tensor("targets")).sub(1).square().mean();
    wrapper["discriminator"].UpdateParams(loss_d);
    const at::Tensor loss_g = (*discriminator)(fake).sub(1).square().mean();
    wrapper["generator"].UpdateParams(loss_g);
    return {{"loss", (loss_d + loss_g).detach()}};
  }

  std::shared_ptr<Part> generator, discriminator;
};

TEST(DDPStrategy, SeveralOptimizersEachReduceTheirOwn) {
  const std::string optim = absl::StrCat(
      "[type.googleapis.com/anneal.OptimWrapperDictConfig] {",
      " optim_wrappers { key: 'generator' value {", Wrapper(kAdamW), "} }",
      " optim_wrappers { key: 'discriminator' value {",
      Wrapper(absl::StrCat(kSgd, "accumulative_counts: 2")), "} } }");
  for (const char* type :
       {"MMSeparateDistributedDataParallel", "MMDistributedDataParallel"}) {
    RunRanks(2, [&](dist::Communicator& communicator) {
      const auto one = dist::SingleProcess();
      const auto strategy =
          Prepared(absl::StrCat("model_wrapper { type: '", type, "' }"), optim,
                   std::make_shared<Gan>(), communicator);
      const auto whole = Prepared("", optim, std::make_shared<Gan>(), *one);

      Train(*strategy, 0, 7, communicator);
      Train(*whole, 0, 7, *one);

      EXPECT_LT(LargestDifference(WeightsOf(*strategy), WeightsOf(*whole)),
                2e-6);
      ExpectSameOnAllRanks(Value(WeightsOf(*strategy)), communicator);
    });
  }
}

// Throws in the backward of rank 1.
class Thrower : public Net {
 public:
  explicit Thrower(bool throws) : throws_(throws) {}

  LogVars Loss(const Batch& batch) override {
    LogVars losses = Net::Loss(batch);
    if (throws_) {
      losses[0].second.register_hook([](const at::Tensor&) -> at::Tensor {
        TORCH_CHECK_VALUE(false, "no backward here");
      });
    }
    return losses;
  }

 private:
  bool throws_;
};

TEST(DDPStrategy, RankThatFailsInBackwardFailsTheOthers) {
  RunRanks(2, [](dist::Communicator& communicator) {
    const bool throws = communicator.rank() == 1;
    const auto strategy = Prepared(
        "", Wrapper(kSgd), std::make_shared<Thrower>(throws), communicator);

    const absl::Status status = CatchTorchError(
        [&] { strategy->TrainStep(PartOf(0, communicator.rank(), 2)); });

    EXPECT_EQ(status.code(), throws ? absl::StatusCode::kInvalidArgument
                                    : absl::StatusCode::kUnavailable)
        << status;
  });
}

struct BadConfig {
  const char* name;
  const char* fields;
  const char* message;
};

class DDPStrategyBadConfig : public ::testing::TestWithParam<BadConfig> {};

TEST_P(DDPStrategyBadConfig, IsRefused) {
  const auto one = dist::SingleProcess();

  const absl::Status status = Build(GetParam().fields, *one).status();

  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    Fields, DDPStrategyBadConfig,
    ::testing::Values(
        BadConfig{"Type", "model_wrapper { type: 'DataParallel' }",
                  "model_wrapper.type is \"DataParallel\"; it must be MM"},
        BadConfig{"SyncBn", "sync_bn: 'apex'",
                  "sync_bn is \"apex\"; it must be torch or mmcv"},
        BadConfig{"Bucket", "model_wrapper { bucket_cap_mb: -1 }",
                  "bucket_cap_mb is -1"},
        BadConfig{"Hook", "model_wrapper { comm_hook: 'x' }",
                  "comm_hook is \"x\""}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
