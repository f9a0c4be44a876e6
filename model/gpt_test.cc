#include "model/gpt.h"

#include <ATen/ops/equal.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <memory>
#include <string>

#include "model/golden.h"
#include "utils/random.h"

namespace anneal {
namespace {

using ::testing::HasSubstr;

// That of the golden file.
GPTConfig SmallConfig() {
  GPTConfig config;
  config.set_vocab_size(11);
  config.set_block_size(8);
  config.set_n_layer(2);
  config.set_n_head(2);
  config.set_n_embd(8);
  return config;
}

std::shared_ptr<GPT> Make(const GPTConfig& config) {
  SetRandomSeed(0, /*deterministic=*/false);
  auto model = GPT::Create(config);
  EXPECT_TRUE(model.ok()) << model.status();
  return *std::move(model);
}

// With weights large enough that the scores differ visibly.
std::shared_ptr<GPT> MakeDecided() {
  auto model = Make(SmallConfig());
  const at::NoGradGuard no_grad;
  for (auto& item : model->named_parameters()) {
    // The output layer's weight is the token embedding.
    if (item.value().dim() == 2 && item.key() != "lm_head.weight") {
      item.value().mul_(20);
    }
  }
  return model;
}

Batch Tokens(const at::Tensor& tokens) {
  return Batch(Dict{{"inputs", tokens}});
}

at::Tensor Scores(GPT& model, const Batch& batch) {
  return *model.Forward(batch).get_if<at::Tensor>();
}

std::vector<int64_t> Numbers(const at::Tensor& tensor) {
  const at::Tensor flat = tensor.contiguous();
  const auto* data = flat.const_data_ptr<int64_t>();
  return std::vector<int64_t>(data, data + flat.numel());
}

std::vector<int64_t> GoldenTokens(const std::string& name) {
  return Numbers(Golden("model/testdata/models.txt")
                     .Tensor("generate/" + name, at::kLong));
}

TEST(GPT, ScoresDontDependOnLaterTokens) {
  const auto model = MakeDecided();
  const at::Tensor tokens = at::randint(11, {1, 6});
  at::Tensor changed = tokens.clone();
  changed.select(1, 4).fill_((tokens[0][4].item<int64_t>() + 1) % 11);

  const at::Tensor scores = Scores(*model, Tokens(tokens));
  const at::Tensor other = Scores(*model, Tokens(changed));

  EXPECT_TRUE(NearlyEqual(scores.slice(1, 0, 4), other.slice(1, 0, 4)));
  EXPECT_FALSE(NearlyEqual(scores.slice(1, 4), other.slice(1, 4)));
}

TEST(GPT, LabelsOfMinus100CountNowhere) {
  const auto model = MakeDecided();
  const at::Tensor tokens = at::randint(11, {1, 6});
  at::Tensor labels = at::randint(11, {2, 6});
  labels.slice(1, 2).select(0, 0).fill_(-100);
  const Batch both(Dict{{"inputs", tokens.expand({2, 6})}, {"labels", labels}});
  const Batch first_two(
      Dict{{"inputs", tokens}, {"labels", labels.slice(0, 0, 1)}});

  const Batch predictions = model->Predict(both);

  EXPECT_TRUE(
      at::equal(predictions.tensor("loss_weight"), at::tensor({2.0f, 6.0f})));
  EXPECT_TRUE(NearlyEqual(predictions.tensor("loss")[0],
                          model->Loss(first_two)[0].second));
  const at::Tensor sum =
      predictions.tensor("loss").dot(predictions.tensor("loss_weight"));
  EXPECT_TRUE(NearlyEqual(sum.div(8), model->Loss(both)[0].second));
}

TEST(GPT, TiedOutputLayerIsTheTokenEmbedding) {
  const auto tied = Make(SmallConfig())->named_parameters();
  EXPECT_TRUE(tied["lm_head.weight"].is_same(tied["transformer.wte.weight"]));

  GPTConfig config = SmallConfig();
  config.set_tie_word_embeddings(false);
  const auto untied = Make(config)->named_parameters();
  EXPECT_FALSE(
      untied["lm_head.weight"].is_same(untied["transformer.wte.weight"]));
}

TEST(GPT, DropsInTrainingOnly) {
  GPTConfig config = SmallConfig();
  config.set_dropout(0.5);
  const auto model = Make(config);
  const Batch batch = Tokens(at::randint(11, {2, 8}));

  EXPECT_FALSE(at::equal(Scores(*model, batch), Scores(*model, batch)));

  model->eval();
  EXPECT_TRUE(at::equal(Scores(*model, batch), Scores(*model, batch)));
}

TEST(GPT, GeneratesWhatItsTwinGenerates) {
  const auto model = MakeDecided();
  const at::Tensor start = at::tensor({1, 2, 3}, at::kLong).view({1, 3});

  EXPECT_EQ(Numbers(model->Generate(start, 12, 1, /*top_k=*/1)),
            GoldenTokens("greedy"));

  SetRandomSeed(1, /*deterministic=*/false);
  EXPECT_EQ(Numbers(model->Generate(start, 12, 0.7, /*top_k=*/0)),
            GoldenTokens("drawn"));

  SetRandomSeed(1, /*deterministic=*/false);
  EXPECT_EQ(Numbers(model->Generate(start, 12, 1.5, /*top_k=*/3)),
            GoldenTokens("top_3"));
}

TEST(GPT, TopKBeyondTheVocabularyDrawsFromAll) {
  const auto model = MakeDecided();
  const at::Tensor start = at::zeros({1, 1}, at::kLong);

  SetRandomSeed(1, /*deterministic=*/false);
  const at::Tensor all = model->Generate(start, 5, 1, /*top_k=*/0);
  SetRandomSeed(1, /*deterministic=*/false);
  EXPECT_TRUE(at::equal(model->Generate(start, 5, 1, /*top_k=*/100), all));
}

TEST(GPT, GenerationLeavesNoGraph) {
  const auto model = MakeDecided();

  model->Generate(at::zeros({1, 1}, at::kLong), 2, 1, 0);

  for (const auto& parameter : model->parameters()) {
    EXPECT_FALSE(parameter.grad().defined());
  }
}

struct BadConfig {
  std::string name;
  std::function<void(GPTConfig*)> change;
  std::string message;
};

class BadGPTTest : public testing::TestWithParam<BadConfig> {};

TEST_P(BadGPTTest, IsRefused) {
  GPTConfig config = SmallConfig();
  GetParam().change(&config);

  const auto model = GPT::Create(config);

  EXPECT_EQ(model.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(model.status().message()),
              HasSubstr(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    GPT, BadGPTTest,
    testing::Values(
        BadConfig{"Vocabulary", [](auto* c) { c->set_vocab_size(0); },
                  "vocab_size is 0; it must be at least 1"},
        BadConfig{"Block", [](auto* c) { c->set_block_size(-1); },
                  "block_size is -1; it must be at least 1"},
        BadConfig{"Layers", [](auto* c) { c->set_n_layer(0); },
                  "n_layer is 0; it must be at least 1"},
        BadConfig{"Heads", [](auto* c) { c->set_n_head(0); },
                  "n_head is 0; it must be at least 1"},
        BadConfig{"Features", [](auto* c) { c->set_n_embd(0); },
                  "n_embd is 0; it must be at least 1"},
        BadConfig{"HeadsThatDontDivide", [](auto* c) { c->set_n_head(3); },
                  "n_embd is 8, which n_head = 3 doesn't divide"},
        BadConfig{"DropoutBelowZero", [](auto* c) { c->set_dropout(-0.1); },
                  "dropout is -0.1; it must be in [0, 1)"},
        BadConfig{"DropoutOfAll", [](auto* c) { c->set_dropout(1); },
                  "dropout is 1; it must be in [0, 1)"}),
    [](const auto& info) { return info.param.name; });

struct BadTokens {
  std::string name;
  at::Tensor tokens;
  std::string message;
};

class BadTokensTest : public testing::TestWithParam<BadTokens> {};

TEST_P(BadTokensTest, AreRefused) {
  try {
    Make(SmallConfig())->Forward(Tokens(GetParam().tokens));
    FAIL() << "no exception";
  } catch (const c10::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr(GetParam().message));
  }
}

INSTANTIATE_TEST_SUITE_P(
    GPT, BadTokensTest,
    testing::Values(
        BadTokens{"TooLong", at::zeros({1, 9}, at::kLong),
                  "a sequence of 9 tokens is longer than block_size 8"},
        BadTokens{"NoSamples", at::zeros({6}, at::kLong),
                  "needs tokens [N, T], found shape [6]"},
        BadTokens{"BeyondTheVocabulary", at::zeros({1, 2}, at::kLong) + 11,
                  "there is a token 11, but vocab_size is 11"}),
    [](const auto& info) { return info.param.name; });

TEST(GPT, TemperatureNotAboveZeroIsRefused) {
  const auto model = Make(SmallConfig());
  const at::Tensor start = at::zeros({1, 1}, at::kLong);

  for (const double temperature :
       {0.0, -1.0, std::numeric_limits<double>::quiet_NaN()}) {
    try {
      model->Generate(start, 1, temperature, 0);
      FAIL() << "no exception";
    } catch (const c10::ValueError& error) {
      EXPECT_THAT(error.what(), HasSubstr("temperature is "));
    }
  }
}

TEST(GPT, LayersGoFromTheEmbeddingsToTheOutput) {
  GPTConfig config = SmallConfig();
  config.set_n_layer(2);
  const auto model = Make(config);

  auto layer = [&](const char* name) {
    EXPECT_EQ(model->GetLayerDepth(name).num_layers, 4);
    return model->GetLayerDepth(name).layer;
  };

  EXPECT_EQ(layer("transformer.wte.weight"), 0);
  EXPECT_EQ(layer("transformer.wpe.weight"), 0);
  EXPECT_EQ(layer("transformer.h.0.ln_1.weight"), 1);
  EXPECT_EQ(layer("transformer.h.1.mlp.c_proj.bias"), 2);
  EXPECT_EQ(layer("transformer.ln_f.weight"), 3);
  EXPECT_EQ(layer("lm_head.weight"), 3);
}

}  // namespace
}  // namespace anneal
