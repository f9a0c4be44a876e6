// The MLP of mlp_golden.txt as a model behind an optim wrapper.
#ifndef ANNEAL_OPTIM_WRAPPED_MLP_H_
#define ANNEAL_OPTIM_WRAPPED_MLP_H_

#include <torch/nn/module.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "logging/message_hub.h"
#include "optim/mlp_golden.h"
#include "optim/optim_wrapper.h"

namespace anneal {

// The optim wrapper of class `name` over `model`; `config` is a text protobuf
// without the optimizer, which is of `golden`.
absl::StatusOr<std::unique_ptr<OptimWrapper>> BuildOptimWrapper(
    const std::string& name, const std::string& config, const MlpCase& golden,
    const torch::nn::Module& model, MessageHub* message_hub);

// One case of the golden file, ready to train.
class WrappedMlp {
 public:
  // `config` as BuildOptimWrapper's.
  WrappedMlp(const std::string& name, const std::string& config,
             const MlpCase& golden);

  // Steps [begin, end) of the 20, and the loss of each.
  std::vector<double> Train(int begin, int end);
  // Takes over the weights and the wrapper's state, as a run that goes on.
  void ResumeFrom(const WrappedMlp& other);

  Mlp& mlp() { return mlp_; }
  OptimWrapper& wrapper() { return *wrapper_; }
  const OptimWrapper& wrapper() const { return *wrapper_; }
  const MessageHub& message_hub() const { return message_hub_; }

 private:
  Mlp mlp_;
  torch::nn::Module model_;
  MessageHub message_hub_;
  std::unique_ptr<OptimWrapper> wrapper_;
};

// The cases that need a wrapper, with autocast or without.
std::vector<MlpCase> WrapperCases(bool autocast);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_WRAPPED_MLP_H_
