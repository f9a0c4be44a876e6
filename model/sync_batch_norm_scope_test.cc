#include "model/sync_batch_norm_scope.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/autocast_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/mse_loss.h>
#include <ATen/ops/randn.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/runtime/graph_executor.h>
#include <torch/nn/functional/batchnorm.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/instancenorm.h>

#include <optional>
#include <string>
#include <vector>

#include "dist/single_process.h"
#include "model/batch_norm.h"
#include "tests/support/ranks.h"

namespace anneal {
namespace {

namespace nn = torch::nn;

constexpr int64_t kSamplesPerRank = 3;
constexpr double kTolerance = 1e-5;

bool AreClose(const at::Tensor& a, const at::Tensor& b) {
  return at::allclose(a, b, kTolerance, kTolerance);
}

at::Tensor Share(const at::Tensor& samples, dist::Communicator& communicator) {
  return samples.narrow(0, kSamplesPerRank * communicator.rank(),
                        kSamplesPerRank);
}

// As many for each rank, the same on all ranks.
at::Tensor AllSamples(dist::Communicator& communicator, uint64_t seed = 7) {
  at::manual_seed(seed);
  return at::randn({kSamplesPerRank * communicator.world_size(), 2, 4, 4}) * 2 +
         1;
}

nn::Sequential MakeModel(std::optional<double> momentum = 0.1) {
  at::manual_seed(3);
  return nn::Sequential(
      nn::Conv2d(nn::Conv2dOptions(2, 4, 3)),
      nn::BatchNorm2d(nn::BatchNormOptions(4).momentum(momentum)), nn::ReLU(),
      nn::Conv2d(nn::Conv2dOptions(4, 3, 2)),
      nn::BatchNorm2d(nn::BatchNormOptions(3).momentum(momentum)));
}

std::vector<BatchNormLayer> LayersOf(nn::Module& module) {
  auto layers = FindBatchNorms(module);
  EXPECT_TRUE(layers.ok()) << layers.status();
  return *layers;
}

// One step of gradient descent on the sum over all samples' squared outputs,
// as DDP would take it.
void Step(nn::Sequential& model, const at::Tensor& input,
          dist::Communicator* communicator) {
  for (at::Tensor& parameter : model->parameters()) {
    parameter.mutable_grad().reset();
  }
  model->forward(input).square().sum().backward();
  const at::NoGradGuard no_grad;
  for (at::Tensor& parameter : model->parameters()) {
    at::Tensor gradient = parameter.grad();
    if (communicator != nullptr) {
      ASSERT_TRUE(
          communicator->AllReduce(&gradient, dist::ReduceOp::kSum).ok());
    }
    parameter.sub_(gradient, 1e-4);
  }
}

void ExpectEqualsTrainingInOneProcess(std::optional<double> momentum,
                                      int world_size) {
  RunRanks(world_size, [&](dist::Communicator& communicator) {
    nn::Sequential alone = MakeModel(momentum);
    nn::Sequential model = MakeModel(momentum);
    const std::vector<BatchNormLayer> layers = LayersOf(*model);
    for (int step = 0; step < 4; ++step) {
      const at::Tensor samples = AllSamples(communicator, step);
      Step(alone, samples, nullptr);
      const SyncBatchNormScope scope(layers, &communicator);
      Step(model, Share(samples, communicator), &communicator);
    }

    const auto expected_parameters = alone->named_parameters();
    for (const auto& parameter : model->named_parameters()) {
      EXPECT_TRUE(
          AreClose(parameter.value(), expected_parameters[parameter.key()]))
          << parameter.key();
    }
    const auto expected_buffers = alone->named_buffers();
    for (const auto& buffer : model->named_buffers()) {
      EXPECT_TRUE(AreClose(buffer.value(), expected_buffers[buffer.key()]))
          << buffer.key();
    }
  });
}

TEST(SyncBatchNormScope, ModelTrainsAsInOneProcess) {
  ExpectEqualsTrainingInOneProcess(0.1, 2);
}

TEST(SyncBatchNormScope, ModelTrainsAsInOneProcessOnFourRanks) {
  ExpectEqualsTrainingInOneProcess(0.3, 4);
}

TEST(SyncBatchNormScope, CumulativeStatisticsAreTheSameToo) {
  ExpectEqualsTrainingInOneProcess(std::nullopt, 2);
}

// What the same module computes of the same input, in and out of a scope.
struct Outputs {
  at::Tensor in_scope;
  at::Tensor outside;
};

template <typename Layer>
Outputs OutputsOf(Layer layer, const std::vector<BatchNormLayer>& layers,
                  dist::Communicator& communicator) {
  const at::Tensor input = Share(AllSamples(communicator), communicator);
  Outputs outputs;
  {
    const SyncBatchNormScope scope(layers, &communicator);
    outputs.in_scope = layer->forward(input);
  }
  outputs.outside = layer->forward(input);
  return outputs;
}

TEST(SyncBatchNormScope, LayerIsItselfAgainOutsideOfIt) {
  RunRanks(2, [](dist::Communicator& communicator) {
    nn::BatchNorm2d layer(2);

    const Outputs outputs = OutputsOf(layer, LayersOf(*layer), communicator);

    EXPECT_FALSE(AreClose(outputs.in_scope, outputs.outside));
    EXPECT_TRUE(outputs.outside.equal(nn::BatchNorm2d(2)->forward(
        Share(AllSamples(communicator), communicator))));
  });
}

TEST(SyncBatchNormScope, LayerInEvaluationModeIsUntouched) {
  RunRanks(2, [](dist::Communicator& communicator) {
    nn::BatchNorm2d layer(2);
    layer->eval();

    const Outputs outputs = OutputsOf(layer, LayersOf(*layer), communicator);

    EXPECT_TRUE(outputs.in_scope.equal(outputs.outside));
  });
}

TEST(SyncBatchNormScope, OtherModelsBatchNormIsUntouched) {
  RunRanks(2, [](dist::Communicator& communicator) {
    nn::BatchNorm2d layer(2);

    const Outputs outputs = OutputsOf(
        layer, LayersOf(*nn::Sequential(nn::BatchNorm2d(2))), communicator);

    EXPECT_TRUE(outputs.in_scope.equal(outputs.outside));
  });
}

TEST(SyncBatchNormScope, InstanceNormIsUntouched) {
  RunRanks(2, [](dist::Communicator& communicator) {
    nn::InstanceNorm2d layer(
        nn::InstanceNorm2dOptions(2).affine(true).track_running_stats(true));

    const Outputs outputs =
        OutputsOf(layer, LayersOf(*nn::Sequential(nn::BatchNorm2d(2), layer)),
                  communicator);

    EXPECT_TRUE(outputs.in_scope.equal(outputs.outside));
  });
}

TEST(SyncBatchNormScope, OneRankComputesWhatItAlwaysDoes) {
  RunRanks(1, [](dist::Communicator& communicator) {
    nn::BatchNorm2d layer(2);

    const Outputs outputs = OutputsOf(layer, LayersOf(*layer), communicator);

    EXPECT_TRUE(outputs.in_scope.equal(outputs.outside));
  });
}

// What a layer should compute: a plain one on all ranks' samples.
at::Tensor ExpectedOutput(dist::Communicator& communicator) {
  return Share(nn::BatchNorm2d(2)->forward(AllSamples(communicator)),
               communicator);
}

TEST(SyncBatchNormScope, LayerWithoutRunningStatisticsSynchronizes) {
  RunRanks(2, [](dist::Communicator& communicator) {
    nn::BatchNorm2d layer(nn::BatchNormOptions(2).track_running_stats(false));

    EXPECT_TRUE(
        AreClose(OutputsOf(layer, LayersOf(*layer), communicator).in_scope,
                 ExpectedOutput(communicator)));
  });
}

TEST(SyncBatchNormScope, FunctionWithALayersTensorsSynchronizes) {
  RunRanks(2, [](dist::Communicator& communicator) {
    nn::BatchNorm2d layer(2);
    const SyncBatchNormScope scope(LayersOf(*layer), &communicator);

    const at::Tensor output = nn::functional::batch_norm(
        Share(AllSamples(communicator), communicator), layer->running_mean,
        layer->running_var,
        nn::functional::BatchNormFuncOptions().training(true));

    EXPECT_TRUE(AreClose(output, ExpectedOutput(communicator)));
  });
}

TEST(SyncBatchNormScope, LayerThatMovedAfterItWasFoundSynchronizes) {
  RunRanks(2, [](dist::Communicator& communicator) {
    nn::BatchNorm2d layer(2);
    const std::vector<BatchNormLayer> layers = LayersOf(*layer);
    layer->to(at::kDouble);
    const SyncBatchNormScope scope(layers, &communicator);

    const at::Tensor output = layer->forward(
        Share(AllSamples(communicator), communicator).to(at::kDouble));

    EXPECT_TRUE(AreClose(output, ExpectedOutput(communicator).to(at::kDouble)));
  });
}

TEST(SyncBatchNormScope, PassWithoutGradientsSynchronizes) {
  RunRanks(2, [](dist::Communicator& communicator) {
    const at::NoGradGuard no_grad;
    nn::BatchNorm2d layer(2);

    const Outputs outputs = OutputsOf(layer, LayersOf(*layer), communicator);

    EXPECT_TRUE(AreClose(outputs.in_scope, ExpectedOutput(communicator)));
    EXPECT_FALSE(outputs.in_scope.requires_grad());
  });
}

TEST(SyncBatchNormScope, InferenceModeSynchronizes) {
  RunRanks(2, [](dist::Communicator& communicator) {
    nn::BatchNorm2d layer(2);
    const c10::InferenceMode inference;

    EXPECT_TRUE(
        AreClose(OutputsOf(layer, LayersOf(*layer), communicator).in_scope,
                 ExpectedOutput(communicator)));
  });
}

TEST(SyncBatchNormScope, AutocastKeepsTheInputsDtype) {
  RunRanks(2, [](dist::Communicator& communicator) {
    nn::Sequential model = MakeModel();
    const SyncBatchNormScope scope(LayersOf(*model), &communicator);
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);

    const at::Tensor output =
        model->forward(Share(AllSamples(communicator), communicator));
    at::autocast::set_autocast_enabled(at::kCPU, false);
    output.square().sum().backward();

    EXPECT_EQ(output.scalar_type(), at::kBFloat16);
    EXPECT_EQ(model->parameters()[0].grad().scalar_type(), at::kFloat);
  });
}

TEST(SyncBatchNormScope, BackwardPassAfterItSynchronizes) {
  RunRanks(2, [](dist::Communicator& communicator) {
    nn::BatchNorm2d alone(2);
    at::Tensor samples = AllSamples(communicator).requires_grad_();
    alone->forward(samples).pow(3).sum().backward();
    nn::BatchNorm2d layer(2);
    const at::Tensor input =
        Share(samples, communicator).detach().requires_grad_();
    at::Tensor loss;
    {
      const SyncBatchNormScope scope(LayersOf(*layer), &communicator);
      loss = layer->forward(input).pow(3).sum();
    }

    loss.backward();

    EXPECT_TRUE(AreClose(input.grad(), Share(samples.grad(), communicator)));
  });
}

// A module that TorchScript differentiates itself once it has seen shapes.
torch::jit::Module MakeScript() {
  torch::jit::Module script("Normalizes");
  script.register_parameter("weight", at::ones({2}), /*is_buffer=*/false);
  script.register_parameter("bias", at::zeros({2}), /*is_buffer=*/false);
  script.register_buffer("running_mean", at::zeros({2}));
  script.register_buffer("running_var", at::ones({2}));
  script.define(R"(
    def forward(self, x):
        y = torch.batch_norm(x * 2, self.weight, self.bias, self.running_mean,
                             self.running_var, True, 0.1, 1e-5, False)
        return y * y * y
  )");
  return script;
}

struct ScriptRun {
  at::Tensor output;
  at::Tensor input_gradient;
  at::Tensor running_mean;
};

ScriptRun RunScript(torch::jit::Module& script, const at::Tensor& samples) {
  const at::Tensor input = samples.detach().requires_grad_();
  ScriptRun run;
  run.output = script.forward({input}).toTensor();
  run.output.sum().backward();
  run.input_gradient = input.grad();
  run.running_mean = script.attr("running_mean").toTensor();
  return run;
}

TEST(SyncBatchNormScope, TorchScriptSynchronizes) {
  RunRanks(2, [](dist::Communicator& communicator) {
    torch::jit::Module alone = MakeScript();
    torch::jit::Module script = MakeScript();
    const std::vector<BatchNormLayer> layers = {
        {"", script.attr("running_mean").toTensor()}};
    for (int step = 0; step < 5; ++step) {
      const at::Tensor samples = AllSamples(communicator, step);
      const ScriptRun expected = RunScript(alone, samples);
      const SyncBatchNormScope scope(layers, &communicator);

      const ScriptRun run = RunScript(script, Share(samples, communicator));

      EXPECT_TRUE(AreClose(run.output, Share(expected.output, communicator)));
      EXPECT_TRUE(AreClose(run.input_gradient,
                           Share(expected.input_gradient, communicator)));
      EXPECT_TRUE(AreClose(run.running_mean, expected.running_mean));
    }
    EXPECT_NE(torch::jit::lastExecutedOptimizedGraph()->toString().find(
                  "_batch_norm_impl_index"),
              std::string::npos)
        << "TorchScript no longer differentiates batch norm itself";
  });
}

TEST(SyncBatchNormScopeDeathTest, DiesIfThereIsAnother) {
  const auto communicator = dist::SingleProcess();
  const SyncBatchNormScope scope({}, communicator.get());

  EXPECT_DEATH(SyncBatchNormScope({}, communicator.get()),
               "while there is another");
}

}  // namespace
}  // namespace anneal
