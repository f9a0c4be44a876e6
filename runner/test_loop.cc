// TestLoop: the evaluation of a trained model.

#include "runner/evaluation_loop.h"
#include "runner/test_loop.pb.h"

namespace anneal {
namespace {

constexpr EvaluationMode kMode = {
    Stage::kBeforeTest,     &Hook::BeforeTest,      Stage::kBeforeTestEpoch,
    &Hook::BeforeTestEpoch, Stage::kBeforeTestIter, &Hook::BeforeTestIter,
    Stage::kAfterTestIter,  &Hook::AfterTestIter,   Stage::kAfterTestEpoch,
    &Hook::AfterTestEpoch,  Stage::kAfterTest,      &Hook::AfterTest,
    &Strategy::TestStep,
};

class TestLoop : public EvaluationLoop {
 public:
  using Config = TestLoopConfig;
  static absl::StatusOr<std::unique_ptr<TestLoop>> Create(
      const Config&, const LoopContext& context) {
    return std::make_unique<TestLoop>(context);
  }
  explicit TestLoop(const LoopContext& context)
      : EvaluationLoop(context, kMode) {}
};

ANNEAL_REGISTER(Loop, TestLoop);

}  // namespace
}  // namespace anneal
