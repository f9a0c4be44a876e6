// OptimWrapperDict: several optimizers, each behind a wrapper of its own.

#include <c10/util/Exception.h>
#include <torch/nn/module.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "logging/log.h"
#include "optim/base_optim_wrapper.h"
#include "optim/constructors/module_tree.h"
#include "optim/optim_wrapper_dict.pb.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

// The module called `path` ("a.b") in the tree, or null.
std::shared_ptr<torch::nn::Module> FindModule(const torch::nn::Module& model,
                                              const std::string& path) {
  const torch::nn::Module* parent = &model;
  std::shared_ptr<torch::nn::Module> found;
  for (const absl::string_view name : absl::StrSplit(path, '.')) {
    found = nullptr;
    for (const NamedChild& child : Children(*parent)) {
      if (child.name == name) found = child.module;
    }
    if (found == nullptr) return nullptr;
    parent = found.get();
  }
  return found;
}

absl::Status NoModule(const torch::nn::Module& model, const std::string& name) {
  std::vector<std::string> names;
  for (const NamedChild& child : Children(model)) names.push_back(child.name);
  return absl::InvalidArgumentError(absl::StrCat(
      "optim_wrapper.optim_wrappers.", name, ": the model has no module \"",
      name, "\" to train; it has: ", absl::StrJoin(names, ", ")));
}

absl::Status Within(const std::string& name, const absl::Status& status) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(name, ": ", status.message()));
}

// All that loading a state changes of one wrapper.
class Snapshot {
 public:
  explicit Snapshot(BaseOptimWrapper* wrapper)
      : wrapper_(wrapper), state_(wrapper->state_dict()) {
    for (const ParamGroup& group : groups()) {
      options_.push_back(group.options);
      for (const at::Tensor& param : group.params) {
        gradients_.push_back(param.grad());
      }
    }
  }

  void Restore() {
    const absl::Status restored = wrapper_->LoadStateDict(state_);
    ANNEAL_CHECK(restored.ok()) << restored.message();
    size_t index = 0;
    for (size_t g = 0; g < groups().size(); ++g) {
      groups()[g].options = options_[g];
      for (at::Tensor& param : groups()[g].params) {
        param.mutable_grad() = gradients_[index++];
      }
    }
  }

 private:
  std::vector<ParamGroup>& groups() {
    return wrapper_->optimizers()[0].second->param_groups();
  }

  BaseOptimWrapper* wrapper_;
  Value state_;
  std::vector<Dict> options_;
  std::vector<at::Tensor> gradients_;
};

// The wrappers of a model with several optimizers, by name in alphabetical
// order. The model's own TrainStep drives them:
//
//   optim_wrapper["generator"].UpdateParams(loss);
//
// so what concerns one loss throws here. Each counts its own updates: its
// accumulative_counts are calls of its UpdateParams, and where a run ends
// inside a window the last gradients are not used. State is that of each by
// its name.
//
//   optim_wrapper:
//     type: OptimWrapperDict
//     optim_wrappers:
//       generator: {optimizer: {type: Adam, lr: 0.0002}}
//       discriminator: {optimizer: {type: Adam, lr: 0.0001}}
class OptimWrapperDict : public BaseOptimWrapper {
 public:
  using Config = OptimWrapperDictConfig;
  using Wrappers = std::map<std::string, std::unique_ptr<BaseOptimWrapper>>;

  static absl::StatusOr<std::unique_ptr<OptimWrapperDict>> Create(
      const Config& config, const torch::nn::Module& model,
      MessageHub* message_hub) {
    Wrappers wrappers;
    for (const auto& [name, wrapper] : config.optim_wrappers()) {
      // A none, to remove what a base config has.
      if (wrapper.type_url().empty()) continue;
      const auto module = FindModule(model, name);
      if (module == nullptr) return NoModule(model, name);
      auto built = RegistryOf<BaseOptimWrapper>::Get().Build(wrapper, *module,
                                                             message_hub);
      if (!built.ok()) return Within(name, built.status());
      const NamedOptimizers& optimizers = (*built)->optimizers();
      if (optimizers.size() != 1 || !optimizers[0].first.empty()) {
        return absl::InvalidArgumentError(absl::StrCat(
            "optim_wrapper.optim_wrappers.", name,
            " has several optimizers itself; name each here instead"));
      }
      (*built)->set_log_name(name);
      wrappers[name] = *std::move(built);
    }
    if (wrappers.empty()) {
      return absl::InvalidArgumentError(
          "optim_wrapper.optim_wrappers is empty; give a wrapper for each "
          "module that is trained");
    }
    auto dict = std::make_unique<OptimWrapperDict>(std::move(wrappers));
    RETURN_IF_ERROR(dict->CheckParams(model));
    return dict;
  }

  explicit OptimWrapperDict(Wrappers wrappers)
      : wrappers_(std::move(wrappers)) {
    for (const auto& [name, wrapper] : wrappers_) {
      optimizers_.emplace_back(name, wrapper->optimizers()[0].second);
    }
  }

  BaseOptimWrapper& operator[](absl::string_view name) override {
    const auto found = wrappers_.find(std::string(name));
    TORCH_CHECK_VALUE(found != wrappers_.end(),
                      "OptimWrapperDict has no wrapper \"", std::string(name),
                      "\"; it has: ", Names());
    return *found->second;
  }

  std::unique_ptr<Context> OptimContext() override { ThrowOfOne(); }
  void UpdateParams(const at::Tensor&) override { ThrowOfOne(); }

  // It knows of no wrapper how often it is to update: each counts on from what
  // its state says.
  void InitializeCountStatus(int64_t, int64_t, bool) override {}
  bool ShouldUpdate() const override {
    return std::all_of(
        wrappers_.begin(), wrappers_.end(),
        [](const auto& item) { return item.second->ShouldUpdate(); });
  }

  const NamedOptimizers& optimizers() const override { return optimizers_; }

  void set_backward(BackwardFunction backward) override {
    for (auto& [name, wrapper] : wrappers_) {
      wrapper->set_backward(backward);
    }
  }
  void set_rank_reduction(RankReduction reduction) override {
    for (auto& [name, wrapper] : wrappers_) {
      wrapper->set_rank_reduction(reduction);
    }
  }

  Value state_dict() const override {
    Dict state;
    for (const auto& [name, wrapper] : wrappers_) {
      state[name] = wrapper->state_dict();
    }
    return state;
  }

  absl::Status LoadStateDict(const Value& state_dict) override {
    ASSIGN_OR_RETURN(const Dict* dict, state_dict.AsDict("optimizer"));
    RETURN_IF_ERROR(CheckNames(*dict));
    // Those before one that fails go back to what they were.
    std::vector<Snapshot> before;
    for (auto& [name, wrapper] : wrappers_) {
      before.emplace_back(wrapper.get());
      const absl::Status status = wrapper->LoadStateDict(*dict->Find(name));
      if (status.ok()) continue;
      before.pop_back();
      for (Snapshot& snapshot : before) snapshot.Restore();
      return Within(name, status);
    }
    return absl::OkStatus();
  }

 private:
  std::string Names() const {
    return absl::StrJoin(wrappers_, ", ", [](std::string* out, const auto& it) {
      absl::StrAppend(out, it.first);
    });
  }

  [[noreturn]] void ThrowOfOne() const {
    C10_THROW_ERROR(
        NotImplementedError,
        absl::StrCat("OptimWrapperDict has several optimizers (", Names(),
                     "), and a loss is for one of them: override the model's "
                     "TrainStep and use optim_wrapper[name] there"));
  }

  absl::Status CheckParams(const torch::nn::Module& model) const {
    std::map<const void*, std::string> owners;
    for (const auto& [name, optimizer] : optimizers_) {
      for (const ParamGroup& group : optimizer->param_groups()) {
        for (size_t i = 0; i < group.params.size(); ++i) {
          const auto [owner, is_new] =
              owners.emplace(group.params[i].unsafeGetTensorImpl(), name);
          if (is_new) continue;
          return absl::InvalidArgumentError(
              absl::StrCat("optim_wrapper.optim_wrappers: ", group.names[i],
                           " of ", name, " is a parameter of ", owner->second,
                           " too; a parameter has one optimizer"));
        }
      }
    }
    for (const auto& item : model.named_parameters()) {
      const at::Tensor& param = item.value();
      if (owners.count(param.unsafeGetTensorImpl()) > 0) continue;
      if (!param.requires_grad()) continue;
      ANNEAL_LOG(WARNING) << "no optimizer of OptimWrapperDict (" << Names()
                          << ") trains " << item.key()
                          << ", nor maybe others; freeze what is not trained";
      break;
    }
    return absl::OkStatus();
  }

  absl::Status CheckNames(const Dict& state) const {
    std::vector<std::string> saved;
    for (const auto& [key, value] : state) saved.push_back(KeyString(key));
    bool fits = saved.size() == wrappers_.size();
    for (const auto& [name, wrapper] : wrappers_)
      fits &= state.Find(name) != nullptr;
    if (fits) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        "the state is of the optimizers ", absl::StrJoin(saved, ", "),
        ", this run has ", Names(), "; name them as the run that was saved"));
  }

  Wrappers wrappers_;
  NamedOptimizers optimizers_;
};

ANNEAL_REGISTER(BaseOptimWrapper, OptimWrapperDict);

}  // namespace
}  // namespace anneal
