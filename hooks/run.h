// What hooks and loops see of a run.
#ifndef ANNEAL_HOOKS_RUN_H_
#define ANNEAL_HOOKS_RUN_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace anneal {

class DataLoader;
class MessageHub;
class ParamScheduler;
class Strategy;
class Visualizer;
namespace dist {
class Communicator;
}

enum class Mode { kTrain, kVal, kTest };

// "train", "val" or "test".
absl::string_view ModeName(Mode mode);

// A line of the log and the numbers in it.
struct LogRecord {
  // Name -> number, as trackers store them.
  std::vector<std::pair<std::string, double>> scalars;
  std::string line;
};

// What a checkpoint is to hold and where.
struct SaveOptions {
  // Full path.
  std::string path;
  // The clock that a resumed run starts from.
  int64_t epoch = 0;
  int64_t iter = 0;
  bool save_optimizer = true;
  bool save_param_scheduler = true;
  // Saved because the run stops: removed once the run that was resumed from it
  // has saved its next.
  bool is_stop = false;
};

// The run as its hooks see it; the runner implements it. Everything is owned
// by the run and outlives its hooks. Called from the training thread.
class Run {
 public:
  virtual ~Run() = default;

  // The clock. During an iteration `iter` counts the iterations before it, and
  // `epoch` the epochs before this one; both are 0 where nothing is trained.
  virtual int64_t epoch() const = 0;
  virtual int64_t iter() const = 0;
  virtual int64_t max_epochs() const = 0;
  virtual int64_t max_iters() const = 0;

  // Batches of an epoch of the mode's loader; 0 where there is no loader or it
  // never ends.
  virtual int64_t num_batches(Mode mode) const = 0;
  // Null where the run has none.
  virtual DataLoader* data_loader(Mode mode) = 0;

  virtual Strategy& strategy() = 0;
  virtual std::vector<std::unique_ptr<ParamScheduler>>& param_schedulers() = 0;
  virtual MessageHub& message_hub() = 0;
  virtual Visualizer& visualizer() = 0;
  virtual dist::Communicator& communicator() = 0;

  // work_dirs/<config>, and the folder of this start's logs in it.
  virtual const std::string& work_dir() const = 0;
  virtual const std::string& log_dir() const = 0;
  virtual const std::string& experiment_name() const = 0;
  // The start of the run, 20261124_120000.
  virtual const std::string& timestamp() const = 0;
  virtual int64_t seed() const = 0;
  // Whether training goes on from the checkpoint that is loaded; else only its
  // weights are taken.
  virtual bool is_resumed() const = 0;

  // The line that is due after batch `batch_idx` (from 0) of the mode's loader.
  // A training's numbers are averaged over the ranks, which all call it then;
  // fails as Communicator::AllGatherObject.
  virtual absl::StatusOr<LogRecord> LogAfterIter(int64_t batch_idx,
                                                 Mode mode) = 0;
  // The line of a validation's or test's metrics.
  virtual LogRecord LogAfterEpoch(int64_t num_batches, Mode mode) = 0;

  // Writes a checkpoint on the main rank; all ranks call it. The file is whole
  // or not there: a failure leaves any older file of that name.
  virtual absl::Status SaveCheckpoint(const SaveOptions& options) = 0;

  // The epoch whose order of samples the train loader gives from its next
  // start. DistSamplerSeedHook sets it; without that hook every epoch has the
  // order of epoch 0. A training counted in iterations has an order for each
  // pass over the data, and doesn't look at it.
  virtual void set_data_epoch(int64_t epoch) = 0;

  // Ends training after the current iteration, also inside an accumulation: the
  // run is saved, as it would be at a signal, and `why` is logged; that is no
  // error. One rank suffices; where not all call it in the same iteration it
  // may be a few iterations later. The first reason counts; without a training
  // nothing happens.
  virtual void RequestStop(absl::string_view why) = 0;
};

}  // namespace anneal

#endif  // ANNEAL_HOOKS_RUN_H_
