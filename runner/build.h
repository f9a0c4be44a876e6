// What a run is made of, built from its config.
#ifndef ANNEAL_RUNNER_BUILD_H_
#define ANNEAL_RUNNER_BUILD_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "config/runner.pb.h"
#include "dataset/data_loader.h"
#include "dist/communicator.h"
#include "evaluator/evaluator.h"
#include "hooks/run.h"
#include "logging/message_hub.h"
#include "runner/log_processor.h"
#include "runner/loop.h"
#include "strategy/strategy.h"
#include "visualization/visualizer.h"

namespace anneal {

// Each function builds one part from its section, or from the default where
// there is none; errors are the part's own. What is passed by pointer outlives
// the part.

// InvalidArgument where a mode has some of its sections but not all.
absl::Status CheckSections(const RunnerConfig& config);

// Whether the config has the sections of `mode`.
bool HasMode(const RunnerConfig& config, Mode mode);

// `vis_dir`: where records go; empty on other ranks than the main one.
absl::StatusOr<std::unique_ptr<Visualizer>> BuildVisualizer(
    const RunnerConfig& config, const std::string& vis_dir);

absl::StatusOr<std::unique_ptr<LogProcessor>> BuildLogProcessor(
    const RunnerConfig& config);

// The strategy with the model, its preprocessor and, where the run trains, the
// optim wrapper in their places.
absl::StatusOr<std::unique_ptr<Strategy>> BuildStrategy(
    const RunnerConfig& config, dist::Communicator* communicator,
    MessageHub* message_hub);

// The loader of `mode`, whose section is there.
absl::StatusOr<std::unique_ptr<DataLoader>> BuildLoader(
    const RunnerConfig& config, Mode mode, const LoaderContext& context);

// The metrics of `mode`, kVal or kTest.
absl::StatusOr<std::unique_ptr<Evaluator>> BuildEvaluator(
    const RunnerConfig& config, Mode mode, dist::Communicator* communicator);

absl::StatusOr<std::unique_ptr<Loop>> BuildEvaluationLoop(
    const RunnerConfig& config, Mode mode, const LoopContext& context);

// InvalidArgument where train_cfg names a loop that doesn't train.
absl::StatusOr<std::unique_ptr<TrainLoop>> BuildTrainLoop(
    const RunnerConfig& config, const LoopContext& context);

}  // namespace anneal

#endif  // ANNEAL_RUNNER_BUILD_H_
