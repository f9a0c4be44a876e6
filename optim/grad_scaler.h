// Loss scaling for half precision.
#ifndef ANNEAL_OPTIM_GRAD_SCALER_H_
#define ANNEAL_OPTIM_GRAD_SCALER_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <map>

#include "absl/status/status.h"
#include "optim/optimizer.h"
#include "optim/rank_reduction.h"
#include "utils/value.h"

namespace anneal {

// torch.amp.GradScaler: multiplies the loss so that small gradients survive
// float16, divides the gradients again before the step, skips steps with
// infinite or NaN gradients and adapts the scale. A usual step, of one
// optimizer or of several:
//
//   scaler.Scale(loss).backward();
//   scaler.Unscale(&optimizer);            // to clip; Step does it otherwise
//   scaler.Step(&optimizer);
//   scaler.Update();
//
// Calls in another order throw c10::Error. Reads one number from the device
// a step for each dtype of gradients.
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
    // Bounds of a dynamic scale.
    double min_scale = 0;
    double max_scale = std::numeric_limits<double>::infinity();
  };

  // InvalidArgument, with name and value, for a scale that is not finite and
  // above 0 as a float, a growth factor of at most 1, a backoff factor that is
  // not between 0 and 1, an interval below 1, and bounds that exclude the
  // scale.
  static absl::Status CheckOptions(const Options& options);

  // Dies unless CheckOptions passes.
  explicit GradScaler(const Options& options);

  // How ranks that each hold a part of the gradients agree on whether all are
  // finite; Unscale calls it once.
  void set_rank_reduction(RankReduction reduction);

  at::Tensor Scale(const at::Tensor& loss) const;
  // Divides every gradient of the optimizer and looks for infinities and NaNs;
  // once an optimizer between two Updates. Gradients in float16 throw.
  void Unscale(Optimizer* optimizer);
  // In place of Unscale, for a caller that knows the gradients to be finite and
  // hands 1 / scale() to Step: that saves a pass over them.
  void SkipUnscale(const Optimizer* optimizer);
  // Steps unless an infinity was found, with each gradient times `grad_factor`
  // (to clip). Whether it did step.
  bool Step(Optimizer* optimizer, double grad_factor = 1);
  // Adapts the scale to what was found since the last Update. Throws
  // c10::Error where the scale would become 0: no scale makes the gradients
  // finite.
  void Update();

  double scale() const { return scale_; }

  // torch's: scale, growth_factor, backoff_factor, growth_interval,
  // _growth_tracker.
  Value state_dict() const;
  // Where the scale is not dynamic it stays the one of the options.
  // InvalidArgument, or NotFound for what is missing; then nothing has changed.
  absl::Status LoadStateDict(const Value& state_dict);

 private:
  struct Unscaled {
    bool found_inf = false;
    bool has_stepped = false;
  };

  Options options_;
  RankReduction rank_reduction_;
  double scale_;  // a float's value, as torch keeps it
  int64_t growth_tracker_ = 0;
  std::map<const Optimizer*, Unscaled> unscaled_;  // since the last Update
};

}  // namespace anneal

#endif  // ANNEAL_OPTIM_GRAD_SCALER_H_
