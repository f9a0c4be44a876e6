// Every model equals its twin in Python's torch (testdata/twins.py).

#include <ATen/ops/arange.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/base_model.h"
#include "model/golden.h"
#include "model/gpt.pb.h"
#include "model/lenet.pb.h"
#include "model/mlp.pb.h"
#include "model/mse_loss.pb.h"
#include "optim/optim_wrapper.h"
#include "optim/sgd.pb.h"
#include "utils/random.h"

namespace anneal {
namespace {

google::protobuf::Any Packed(const google::protobuf::Message& message) {
  google::protobuf::Any any;
  any.PackFrom(message);
  return any;
}

// As the twins' script writes long tensors.
at::Tensor Fingerprint(const at::Tensor& tensor) {
  const at::Tensor x = tensor.detach().to(at::kDouble).flatten();
  const at::Tensor place = at::arange(1, x.numel() + 1, at::kDouble);
  return at::stack({x.sum(), x.abs().sum(), (x * (place / x.numel())).sum()});
}

struct Twin {
  const char* name;
  google::protobuf::Any config;
  const char* outputs;
  // Drawn after the model, in the order of the twins' script.
  std::function<Batch()> draw_batch;
};

Batch BatchOf(std::function<at::Tensor()> inputs,
              std::function<at::Tensor()> labels) {
  Batch batch;
  batch.fields()["inputs"] = inputs();
  batch.fields()["labels"] = labels();
  return batch;
}

Twin MLPTwin(const char* name, const char* activation) {
  MLPConfig config;
  for (const int width : {6, 5, 4, 3}) config.add_widths(width);
  config.set_activation(activation);
  return {name, Packed(config), "scores", [] {
            return BatchOf(
                [] {
                  return at::randn({4, 2, 3});
                },
                [] { return at::randint(3, {4}); });
          }};
}

Twin RegressionTwin() {
  MLPConfig config;
  for (const int width : {6, 5, 2}) config.add_widths(width);
  config.mutable_loss()->PackFrom(MSELossConfig());
  return {"MLP_MSELoss", Packed(config), "predictions", [] {
            return BatchOf(
                [] {
                  return at::randn({4, 6});
                },
                [] {
                  return at::randn({4, 2});
                });
          }};
}

Twin LeNetTwin() {
  return {"LeNet", Packed(LeNetConfig()), "scores", [] {
            return BatchOf(
                [] {
                  return at::randn({3, 1, 28, 28});
                },
                [] { return at::randint(10, {3}); });
          }};
}

Twin GPTTwin(const char* name, bool tie, bool bias) {
  GPTConfig config;
  config.set_vocab_size(11);
  config.set_block_size(8);
  config.set_n_layer(2);
  config.set_n_head(2);
  config.set_n_embd(8);
  config.set_tie_word_embeddings(tie);
  config.set_bias(bias);
  return {name, Packed(config), "scores", [] {
            return BatchOf(
                [] {
                  return at::randint(11, {2, 6});
                },
                [] {
                  return at::randint(11, {2, 6});
                });
          }};
}

class TwinTest : public testing::TestWithParam<Twin> {
 protected:
  TwinTest() : golden_("model/testdata/models.txt") {
    SetRandomSeed(0, /*deterministic=*/false);
    auto model = RegistryOf<BaseModel>::Get().Build(GetParam().config);
    EXPECT_TRUE(model.ok()) << model.status();
    model_ = *std::move(model);
    batch_ = GetParam().draw_batch();
  }

  std::string Name(const std::string& what) const {
    return std::string(GetParam().name) + "/" + what;
  }
  void ExpectGolden(const at::Tensor& value, const std::string& what,
                    double tolerance = 1e-6) const {
    EXPECT_TRUE(
        NearlyEqual(value, golden_.Tensor(Name(what), at::kDouble), tolerance))
        << what << ": " << value.detach().flatten() << "\nshould be "
        << golden_.Tensor(Name(what), at::kDouble);
  }

  Golden golden_;
  std::shared_ptr<BaseModel> model_;
  Batch batch_;
};

TEST_P(TwinTest, NamesAndShapesOfParametersAreTheSame) {
  const auto parameters = model_->named_parameters();

  EXPECT_EQ(parameters.keys(), golden_.NamesBelow(Name("shape/")));
  for (const auto& item : parameters) {
    const auto& shape = golden_.Numbers(Name("shape/" + item.key()));
    EXPECT_EQ(item.value().sizes().vec(),
              std::vector<int64_t>(shape.begin(), shape.end()))
        << item.key();
  }
  EXPECT_EQ(model_->named_buffers().size(), 0);
}

TEST_P(TwinTest, StartsFromTheSameWeights) {
  for (const auto& item : model_->named_parameters()) {
    ExpectGolden(Fingerprint(item.value()), "init/" + item.key(), 1e-8);
  }
}

TEST_P(TwinTest, ForwardGivesTheSameOutputs) {
  ExpectGolden(*model_->Forward(batch_).get_if<at::Tensor>(), "outputs");
}

TEST_P(TwinTest, PredictGivesOutputsAndTheLossOfEachSample) {
  const Batch predictions = model_->Predict(batch_);

  ExpectGolden(predictions.tensor(GetParam().outputs), "outputs");
  ExpectGolden(predictions.tensor("loss"), "per_sample");
  EXPECT_EQ(predictions.tensor("loss").dim(), 1);
  // Classes may be ignored, numbers never are.
  const bool are_classes = std::string(GetParam().outputs) == "scores";
  EXPECT_EQ(predictions.fields().size(), are_classes ? 3 : 2);
}

TEST_P(TwinTest, PredictWithoutLabelsGivesOutputsOnly) {
  batch_.fields().Erase("labels");

  const Batch predictions = model_->Predict(batch_);

  ExpectGolden(predictions.tensor(GetParam().outputs), "outputs");
  EXPECT_EQ(predictions.fields().size(), 1);
}

TEST_P(TwinTest, LossAndGradientsAreTheSame) {
  const LogVars losses = model_->Loss(batch_);
  ASSERT_EQ(losses.size(), 1);
  losses[0].second.backward();

  EXPECT_EQ(losses[0].first, "loss");
  ExpectGolden(losses[0].second, "loss");
  const auto names = golden_.NamesBelow(Name("grad/"));
  ASSERT_FALSE(names.empty());
  for (const std::string& name : names) {
    ExpectGolden(Fingerprint(model_->named_parameters()[name].grad()),
                 "grad/" + name);
  }
}

TEST_P(TwinTest, FiveStepsOfTrainingGiveTheSameLosses) {
  SGDConfig sgd;
  sgd.set_lr(0.1);
  sgd.set_momentum(0.9);
  OptimWrapperConfig config;
  config.mutable_optimizer()->PackFrom(sgd);
  auto optim_wrapper = OptimWrapper::Create(config, *model_, nullptr);
  ASSERT_TRUE(optim_wrapper.ok()) << optim_wrapper.status();
  (*optim_wrapper)->InitializeCountStatus(0, 5, /*has_batch_norm=*/false);

  std::vector<at::Tensor> losses;
  for (int i = 0; i < 5; ++i) {
    losses.push_back(model_->TrainStep(batch_, **optim_wrapper)[0].second);
  }

  ExpectGolden(at::stack(losses), "train");
}

INSTANTIATE_TEST_SUITE_P(
    Models, TwinTest,
    testing::Values(MLPTwin("MLP_ReLU", "ReLU"), MLPTwin("MLP_GELU", "GELU"),
                    MLPTwin("MLP_Tanh", "Tanh"),
                    MLPTwin("MLP_Sigmoid", "Sigmoid"),
                    MLPTwin("MLP_SiLU", "SiLU"), RegressionTwin(), LeNetTwin(),
                    GPTTwin("GPT", /*tie=*/true, /*bias=*/true),
                    GPTTwin("GPT_untied", /*tie=*/false, /*bias=*/false)),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace anneal
