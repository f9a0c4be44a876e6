#include "optim/wrapped_mlp.h"

#include <gtest/gtest.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "optim/base_optim_wrapper.h"
#include "optim/text_config.h"

namespace anneal {

absl::StatusOr<std::unique_ptr<OptimWrapper>> BuildOptimWrapper(
    const std::string& name, const std::string& config, const MlpCase& golden,
    const torch::nn::Module& model, MessageHub* message_hub) {
  const std::string text =
      absl::StrCat(config, " optimizer { [type.googleapis.com/anneal.",
                   golden.optimizer, "Config] { ", golden.config, " } }");
  auto built = RegistryOf<BaseOptimWrapper>::Get().Build(
      TextConfig("optim_wrapper", name, text), model, message_hub);
  if (!built.ok()) return built.status();
  return std::unique_ptr<OptimWrapper>(
      static_cast<OptimWrapper*>(built->release()));
}

WrappedMlp::WrappedMlp(const std::string& name, const std::string& config,
                       const MlpCase& golden)
    : mlp_(golden.dtype) {
  for (size_t i = 0; i < mlp_.params().size(); ++i) {
    model_.register_parameter(mlp_.names()[i], mlp_.params()[i]);
  }
  auto wrapper = BuildOptimWrapper(name, config, golden, model_, &message_hub_);
  EXPECT_TRUE(wrapper.ok()) << wrapper.status();
  wrapper_ = *std::move(wrapper);
  wrapper_->InitializeCountStatus(0, kMlpSteps, /*has_batch_norm=*/false);
}

std::vector<double> WrappedMlp::Train(int begin, int end) {
  std::vector<double> losses;
  for (int step = begin; step < end; ++step) {
    at::Tensor loss;
    {
      const auto context = wrapper_->OptimContext();
      loss = mlp_.Loss(step);
    }
    losses.push_back(loss.item<double>());
    if (step < kMlpSteps) wrapper_->UpdateParams(loss);
  }
  return losses;
}

void WrappedMlp::ResumeFrom(const WrappedMlp& other) {
  mlp_.set_params(other.mlp_.params());
  EXPECT_TRUE(
      wrapper_->LoadStateDict(DeepCopy(other.wrapper_->state_dict())).ok());
}

std::vector<MlpCase> WrapperCases(bool autocast) {
  std::vector<MlpCase> cases;
  for (const MlpCase& one : MlpCases({"SGD", "Adam", "AdamW"})) {
    if (!one.is_bare() && one.autocast == autocast) cases.push_back(one);
  }
  return cases;
}

}  // namespace anneal
