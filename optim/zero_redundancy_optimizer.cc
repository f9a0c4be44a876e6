// ZeroRedundancyOptimizer: torch.distributed.optim's by its config.

#include <ATen/core/Tensor.h>
#include <google/protobuf/any.pb.h>
#include <google/protobuf/struct.pb.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "config/lower.h"
#include "config/node.h"
#include "config/struct_node.h"
#include "dist/broadcast_tensors.h"
#include "dist/communicator.h"
#include "logging/log.h"
#include "optim/optim_wrapper.pb.h"
#include "optim/optimizer.h"
#include "registry/registry_index.h"
#include "utils/status_macros.h"
#include "utils/torch_status.h"

namespace anneal {

// ZeRO's first stage (Rajbhandari et al., 2020) as torch's class has it: under
// DDPStrategy each rank keeps the state of some parameters, by torch's
// partition, steps those with the optimizer of `optimizer_type` and sends them
// to the others. On one rank, and under other strategies, it keeps all state:
// the numbers are the same either way.
//
//   optimizer:
//     {type: ZeroRedundancyOptimizer, optimizer_type: AdamW, lr: 0.001}
//
// parameters_as_bucket_view is without effect; overlap_with_ddp is refused, as
// mmengine does not support it either.
class ZeroRedundancyOptimizer : public Optimizer {
 public:
  using Config = google::protobuf::Struct;

  static absl::StatusOr<std::unique_ptr<Optimizer>> Create(
      const Config& config, std::vector<ParamGroup> groups);

  ZeroRedundancyOptimizer(google::protobuf::Any config,
                          std::unique_ptr<Optimizer> whole)
      : Optimizer(whole->defaults()),
        state_type_(whole->state_type()),
        config_(std::move(config)),
        own_(std::move(whole)) {}

  void Step() override { ScaledStep(1); }
  void ScaledStep(double grad_factor) override;
  bool needs_closure() const override {
    return own_ != nullptr && own_->needs_closure();
  }

  absl::Status ShardOver(dist::Communicator* communicator) override;
  bool is_sharded() const override { return communicator_ != nullptr; }

 protected:
  absl::string_view type_name() const override {
    return "ZeroRedundancyOptimizer";
  }
  absl::string_view state_type() const override { return state_type_; }
  absl::Status ValidateOptions(const Dict& options) const override;
  absl::Status ValidateGroup(const ParamGroup& group) const override;
  void ParamsAdded() override;
  Dict ParamState(size_t group, size_t param) const override;
  absl::Status CheckParamState(size_t group, size_t param,
                               const Dict& state) const override;
  void LoadParamState(size_t group, size_t param, const Dict& state) override;

 private:
  // Where own_ has a parameter of this optimizer's.
  struct Place {
    bool is_own = true;
    size_t group;
    size_t param;
  };
  Place PlaceOf(size_t group, size_t param) const;
  const Optimizer& Whole() const { return whole_ ? *whole_ : *own_; }

  // By group and parameter, the rank that keeps its state.
  std::vector<std::vector<int>> Partition(int world_size) const;

  std::string state_type_;
  google::protobuf::Any config_;
  // Over the parameters whose state this rank keeps. Null where there are none.
  std::unique_ptr<Optimizer> own_;
  // Over all parameters, without state: for checks, which are then the same on
  // all ranks. Null where own_ has them all.
  std::unique_ptr<Optimizer> whole_;
  dist::Communicator* communicator_ = nullptr;
  std::vector<std::vector<Place>> places_;
  // By own_'s group, the group here.
  std::vector<size_t> groups_;
  // By rank, the parameters whose state it keeps.
  std::vector<std::vector<at::Tensor>> params_of_;
};

namespace {

// The config of the optimizer that `config` names.
absl::StatusOr<google::protobuf::Any> InnerConfig(
    const google::protobuf::Struct& config) {
  config::Node optimizer = config::StructToNode(config);
  const config::Node* type = optimizer.Find("optimizer_type");
  if (type == nullptr || type->get_if<std::string>() == nullptr) {
    return absl::InvalidArgumentError(
        "ZeroRedundancyOptimizer.optimizer_type is missing; give the class "
        "of the optimizer, as optimizer_type: AdamW");
  }
  if (*type->get_if<std::string>() == "ZeroRedundancyOptimizer") {
    return absl::InvalidArgumentError(
        "ZeroRedundancyOptimizer.optimizer_type is ZeroRedundancyOptimizer; "
        "give the class of the optimizer itself");
  }
  const config::Node* overlap = optimizer.Find("overlap_with_ddp");
  if (overlap != nullptr && overlap->get_if<bool>() &&
      *overlap->get_if<bool>()) {
    return absl::InvalidArgumentError(
        "ZeroRedundancyOptimizer.overlap_with_ddp is true; only false is "
        "supported");
  }
  optimizer.Set("type", *type);
  for (const char* own :
       {"optimizer_type", "overlap_with_ddp", "parameters_as_bucket_view"}) {
    optimizer.Erase(own);
  }
  config::Node section{config::Node::Map(), config::Place()};
  section.Set("optimizer", std::move(optimizer));
  OptimWrapperConfig lowered;
  const absl::Status status =
      config::Lower(section, RegistryIndex::Get(), &lowered);
  if (!status.ok()) {
    return absl::Status(status.code(), absl::StrCat("ZeroRedundancyOptimizer: ",
                                                    status.message()));
  }
  return lowered.optimizer();
}

}  // namespace

absl::StatusOr<std::unique_ptr<Optimizer>> ZeroRedundancyOptimizer::Create(
    const Config& config, std::vector<ParamGroup> groups) {
  ASSIGN_OR_RETURN(google::protobuf::Any inner, InnerConfig(config));
  ASSIGN_OR_RETURN(
      auto whole, RegistryOf<Optimizer>::Get().Build(inner, std::move(groups)));
  if (!whole->is_per_param()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "ZeroRedundancyOptimizer.optimizer_type is ", whole->type_name(),
        ", whose step of a parameter depends on the others; ranks can't keep "
        "parts of it, so name it as the optimizer itself"));
  }
  std::vector<ParamGroup> own_groups = whole->param_groups();
  auto optimizer = std::make_unique<ZeroRedundancyOptimizer>(std::move(inner),
                                                             std::move(whole));
  RETURN_IF_ERROR(optimizer->AddParamGroups(std::move(own_groups)));
  return optimizer;
}

// Options were checked where own_ was made; what remains are changes of them.
absl::Status ZeroRedundancyOptimizer::ValidateOptions(
    const Dict& options) const {
  return Whole().ValidateOptions(options);
}

absl::Status ZeroRedundancyOptimizer::ValidateGroup(
    const ParamGroup& group) const {
  if (is_sharded()) {
    return absl::FailedPreconditionError(
        "the parameters of ZeroRedundancyOptimizer are dealt out to the ranks "
        "already; add groups before the strategy prepares it");
  }
  // What Create adds is in own_ already.
  return param_groups().size() < own_->param_groups().size()
             ? absl::OkStatus()
             : own_->ValidateGroup(group);
}

void ZeroRedundancyOptimizer::ParamsAdded() {
  if (param_groups().size() <= own_->param_groups().size()) return;
  const absl::Status added = own_->AddParamGroup(param_groups().back());
  ANNEAL_CHECK(added.ok()) << added.message();
}

std::vector<std::vector<int>> ZeroRedundancyOptimizer::Partition(
    int world_size) const {
  std::vector<std::vector<int>> owners;
  std::vector<int64_t> sizes(world_size);
  for (const ParamGroup& group : param_groups()) {
    std::vector<size_t> largest_first(group.params.size());
    std::iota(largest_first.begin(), largest_first.end(), 0);
    std::stable_sort(largest_first.begin(), largest_first.end(),
                     [&](size_t a, size_t b) {
                       return group.params[a].numel() > group.params[b].numel();
                     });
    std::vector<int>& ranks = owners.emplace_back(group.params.size());
    for (const size_t param : largest_first) {
      const auto least = std::min_element(sizes.begin(), sizes.end());
      *least += group.params[param].numel();
      ranks[param] = static_cast<int>(least - sizes.begin());
    }
  }
  return owners;
}

absl::Status ZeroRedundancyOptimizer::ShardOver(
    dist::Communicator* communicator) {
  if (communicator->world_size() == 1) return absl::OkStatus();
  const auto owners = Partition(communicator->world_size());
  std::vector<ParamGroup> groups;
  params_of_.resize(communicator->world_size());
  for (size_t g = 0; g < owners.size(); ++g) {
    const ParamGroup& whole = param_groups()[g];
    ParamGroup part;
    part.options = whole.options;
    std::vector<Place>& places = places_.emplace_back();
    for (size_t p = 0; p < whole.params.size(); ++p) {
      const int owner = owners[g][p];
      params_of_[owner].push_back(whole.params[p]);
      const bool is_own = owner == communicator->rank();
      places.push_back({is_own, groups.size(), part.params.size()});
      if (!is_own) continue;
      part.params.push_back(whole.params[p]);
      if (!whole.names.empty()) part.names.push_back(whole.names[p]);
    }
    if (part.params.empty()) continue;
    groups.push_back(std::move(part));
    groups_.push_back(g);
  }
  communicator_ = communicator;
  whole_ = std::move(own_);
  if (groups.empty()) return absl::OkStatus();
  ASSIGN_OR_RETURN(
      own_, RegistryOf<Optimizer>::Get().Build(config_, std::move(groups)));
  return absl::OkStatus();
}

void ZeroRedundancyOptimizer::ScaledStep(double grad_factor) {
  if (own_ != nullptr) {
    for (size_t g = 0; g < own_->param_groups().size(); ++g) {
      own_->param_groups()[g].options =
          param_groups()[is_sharded() ? groups_[g] : g].options;
    }
    own_->ScaledStep(grad_factor);
  }
  if (!is_sharded()) return;
  for (int rank = 0; rank < communicator_->world_size(); ++rank) {
    // Which are frozen may change, also while they have a gradient.
    std::vector<at::Tensor> trained;
    for (const at::Tensor& param : params_of_[rank]) {
      if (param.requires_grad() || param.grad().defined()) {
        trained.push_back(param);
      }
    }
    ThrowIfError(dist::BroadcastTensors(*communicator_, trained, rank));
  }
}

ZeroRedundancyOptimizer::Place ZeroRedundancyOptimizer::PlaceOf(
    size_t group, size_t param) const {
  return is_sharded() ? places_[group][param] : Place{true, group, param};
}

Dict ZeroRedundancyOptimizer::ParamState(size_t group, size_t param) const {
  const Place place = PlaceOf(group, param);
  return place.is_own ? own_->ParamState(place.group, place.param) : Dict();
}

absl::Status ZeroRedundancyOptimizer::CheckParamState(size_t group,
                                                      size_t param,
                                                      const Dict& state) const {
  return Whole().CheckParamState(group, param, state);
}

void ZeroRedundancyOptimizer::LoadParamState(size_t group, size_t param,
                                             const Dict& state) {
  const Place place = PlaceOf(group, param);
  if (place.is_own) own_->LoadParamState(place.group, place.param, state);
}

ANNEAL_REGISTER_IN_SCOPE(Optimizer, ZeroRedundancyOptimizer, "anneal");

}  // namespace anneal
