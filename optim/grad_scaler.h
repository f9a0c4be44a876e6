// Loss scaling for half precision.
#ifndef ANNEAL_OPTIM_GRAD_SCALER_H_
#define ANNEAL_OPTIM_GRAD_SCALER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "absl/status/status.h"
#include "optim/optimizer.h"
#include "utils/value.h"

namespace anneal {

// torch.amp.GradScaler: multiplies the loss so that small gradients survive
// float16, divides the gradients again before the step, skips steps with
// infinite or NaN gradients and adapts the scale. A usual step:
//
//   scaler.Scale(loss).backward();
//   scaler.Unscale(&optimizer);            // then clip, if at all
//   scaler.Step(&optimizer);
//   scaler.Update();
class GradScaler {
 public:
  struct Options {
    double init_scale = 65536;
    // The scale times this after `growth_interval` good steps in a row.
    double growth_factor = 2;
    // The scale times this after a step that was skipped.
    double backoff_factor = 0.5;
    int64_t growth_interval = 2000;
    // False: the scale stays what it is.
    bool is_dynamic = true;
  };

  explicit GradScaler(const Options& options)
      : options_(options), scale_(options.init_scale) {}

  at::Tensor Scale(const at::Tensor& loss) const;
  // Divides every gradient of the optimizer and looks for infinities.
  void Unscale(Optimizer* optimizer);
  // Steps unless Unscale found an infinity. Whether it did step.
  bool Step(Optimizer* optimizer);
  // Adapts the scale to what the last step was.
  void Update();

  double scale() const { return scale_; }

  // torch's: scale, growth_factor, backoff_factor, growth_interval,
  // _growth_tracker.
  Value state_dict() const;
  absl::Status LoadStateDict(const Value& state_dict);

 private:
  Options options_;
  double scale_;
  int64_t growth_tracker_ = 0;
  bool found_inf_ = false;
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_GRAD_SCALER_H_
