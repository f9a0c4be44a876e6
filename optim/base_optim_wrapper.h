// The interface of every optim wrapper.
#ifndef ANNEAL_OPTIM_BASE_OPTIM_WRAPPER_H_
#define ANNEAL_OPTIM_BASE_OPTIM_WRAPPER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "logging/message_hub.h"
#include "optim/optimizer.h"
#include "optim/rank_reduction.h"
#include "registry/registry.h"
#include "utils/value.h"

namespace torch::nn {
class Module;
}

namespace anneal {

// What stands between a model's losses and its optimizers, one or several.
// Numeric methods throw c10::Error as LibTorch does.
class BaseOptimWrapper {
 public:
  virtual ~BaseOptimWrapper() = default;

  // Holds what the forward pass needs (autocast) while it lives.
  class Context {
   public:
    virtual ~Context() = default;
  };
  // Null where nothing is needed.
  virtual std::unique_ptr<Context> OptimContext() = 0;

  // Scale, backward and, where due, step and zero the gradients.
  virtual void UpdateParams(const at::Tensor& loss) = 0;

  // Tells where a run starts (0, or the iteration resumed at) and ends, in
  // iterations. `has_batch_norm`: accumulation then warns that batch
  // statistics are those of the small batches.
  virtual void InitializeCountStatus(int64_t init_counts, int64_t max_counts,
                                     bool has_batch_norm) = 0;
  // Whether the iterations seen end with an update, so that no gradients wait
  // for one.
  virtual bool ShouldUpdate() const = 0;

  // Every optimizer by its name; that of a lone one is "".
  using NamedOptimizers = std::vector<std::pair<std::string, Optimizer*>>;
  virtual const NamedOptimizers& optimizers() const = 0;

  // The wrapper of one of several optimizers, for the TrainStep of a model that
  // has them (OptimWrapperDict). Throws c10::ValueError where there is none of
  // that name.
  virtual BaseOptimWrapper& operator[](absl::string_view name);

  // The values of each group: "lr", or "<name>.lr" of each of several
  // optimizers. Momentum is the first of the betas where there are betas, and
  // 0 where there is neither.
  using GroupValues = std::vector<std::pair<std::string, std::vector<double>>>;
  GroupValues GetLr() const;
  GroupValues GetMomentum() const;

  // What it records is called "train/<name>.grad_norm" then, as of one of
  // several optimizers; before the first step.
  virtual void set_log_name(absl::string_view) {}

  // Runs the backward of `loss`, which is scaled already; with `should_sync`
  // the gradients are to be those of all ranks after it: an update follows.
  using BackwardFunction =
      std::function<void(const at::Tensor& loss, bool should_sync)>;
  // Takes the place of loss.backward().
  virtual void set_backward(BackwardFunction backward) = 0;
  // How ranks that each hold a part of the gradients agree on their norm and on
  // whether all are finite.
  virtual void set_rank_reduction(RankReduction reduction) = 0;

  virtual Value state_dict() const = 0;
  // On failure nothing has changed.
  virtual absl::Status LoadStateDict(const Value& state_dict) = 0;
};

// The message hub may be null: nothing is recorded.
ANNEAL_REGISTRY(BaseOptimWrapper, "optim_wrapper", const torch::nn::Module&,
                MessageHub*);

}  // namespace anneal

#endif  // ANNEAL_OPTIM_BASE_OPTIM_WRAPPER_H_
