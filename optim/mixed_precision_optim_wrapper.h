// The step of training in mixed precision.
#ifndef ANNEAL_OPTIM_MIXED_PRECISION_OPTIM_WRAPPER_H_
#define ANNEAL_OPTIM_MIXED_PRECISION_OPTIM_WRAPPER_H_

#include <ATen/core/Tensor.h>
#include <c10/core/DeviceType.h>
#include <google/protobuf/message.h>
#include <google/protobuf/struct.pb.h>

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/optional.h"
#include "optim/grad_scaler.h"
#include "optim/optim_wrapper.h"

namespace anneal {

// OptimWrapper with autocast around the forward pass and a scaled loss. The
// scaler's state is saved beside the optimizer's, as "loss_scaler". The base of
// the classes that a config names.
class MixedPrecisionOptimWrapper : public OptimWrapper {
 public:
  std::unique_ptr<Context> OptimContext() override;
  void set_rank_reduction(RankReduction reduction) override;
  Value state_dict() const override;
  absl::Status LoadStateDict(const Value& state_dict) override;

 protected:
  // `dtype`: none for no autocast. `scaler`: null for no scaling.
  MixedPrecisionOptimWrapper(const OptimWrapperConfig& config,
                             std::unique_ptr<Optimizer> optimizer,
                             MessageHub* message_hub,
                             absl::optional<at::ScalarType> dtype,
                             std::unique_ptr<GradScaler> scaler);

  // OptimWrapper's part of a config whose fields have its numbers.
  static OptimWrapperConfig BaseOf(const google::protobuf::Message& config);

  // The scaler that "dynamic" (the default), a number that stays or a mapping
  // of torch.amp.GradScaler's arguments describes, null for one that is not
  // enabled; `options` gives what is not there. `field` is what messages call
  // it.
  static absl::StatusOr<std::unique_ptr<GradScaler>> MakeScaler(
      const google::protobuf::Value& loss_scale, GradScaler::Options options,
      absl::string_view field);

  void Backward(const at::Tensor& loss) override;
  double loss_scale() const override { return scaler_ ? scaler_->scale() : 1; }
  void Step() override;

  GradScaler* scaler() { return scaler_.get(); }
  const GradScaler* scaler() const { return scaler_.get(); }

 private:
  c10::DeviceType device_;
  absl::optional<at::ScalarType> dtype_;
  std::unique_ptr<GradScaler> scaler_;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_MIXED_PRECISION_OPTIM_WRAPPER_H_
