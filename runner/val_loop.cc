// ValLoop: a validation inside or outside a training.

#include "runner/evaluation_loop.h"
#include "runner/val_loop.pb.h"

namespace anneal {
namespace {

constexpr EvaluationMode kMode = {
    Stage::kBeforeVal,     &Hook::BeforeVal,      Stage::kBeforeValEpoch,
    &Hook::BeforeValEpoch, Stage::kBeforeValIter, &Hook::BeforeValIter,
    Stage::kAfterValIter,  &Hook::AfterValIter,   Stage::kAfterValEpoch,
    &Hook::AfterValEpoch,  Stage::kAfterVal,      &Hook::AfterVal,
    &Strategy::ValStep,
};

class ValLoop : public EvaluationLoop {
 public:
  using Config = ValLoopConfig;
  static absl::StatusOr<std::unique_ptr<ValLoop>> Create(
      const Config&, const LoopContext& context) {
    return std::make_unique<ValLoop>(context);
  }
  explicit ValLoop(const LoopContext& context)
      : EvaluationLoop(context, kMode) {}
};

ANNEAL_REGISTER(Loop, ValLoop);

}  // namespace
}  // namespace anneal
