// Schedulers whose next value follows from the present one.
#ifndef ANNEAL_OPTIM_CHAINED_SCHEDULER_H_
#define ANNEAL_OPTIM_CHAINED_SCHEDULER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "optim/param_scheduler.h"
#include "utils/status_macros.h"

namespace anneal {

// How a value goes on.
class Schedule {
 public:
  virtual ~Schedule() = default;
  // The value of step `step` (0 is the first) from that of the step before and
  // from the value that the optimizer was built with.
  virtual double Next(int64_t step, double current, double initial) const = 0;
};

// mmengine's way to combine schedulers: each multiplies or adds to what is
// there, within [begin, end) of its epochs or iterations, so any number may be
// chained. "momentum" of an optimizer without one is the first of its betas. A
// group that is added later joins at the next step, with the value it has then
// as its initial one.
class ChainedScheduler : public ParamScheduler {
 public:
  // What every scheduler's config says, in the units it will count in.
  struct Span {
    int64_t begin = 0;
    int64_t end = 0;
    bool by_epoch = true;
    // Factor from the config's units to these: the epoch's length where
    // convert_to_iter_based is set, else 1.
    int64_t scale = 1;
  };

  // The span of `config`, a message with begin, end, by_epoch and
  // convert_to_iter_based. InvalidArgument where begin is negative, end does
  // not come after it, or epochs of unknown length are to be converted.
  template <typename Config>
  static absl::StatusOr<Span> SpanOf(const Config& config,
                                     const ScheduleLengths& lengths) {
    return MakeSpan(config.begin(), config.has_end(), config.end(),
                    config.by_epoch(), config.convert_to_iter_based(), lengths);
  }

  // Whether every group has a number of that name to change: InvalidArgument
  // that lists those there are.
  static absl::Status CheckParamName(const Optimizer& optimizer,
                                     absl::string_view param_name);

  // Sets the first value. Dies unless CheckParamName passes.
  ChainedScheduler(Optimizer* optimizer, std::string param_name,
                   const Span& span, std::unique_ptr<Schedule> schedule);

  absl::Status Step(const std::map<std::string, double>* metrics) override;
  bool by_epoch() const override { return span_.by_epoch; }
  Value state_dict() const override;
  absl::Status LoadStateDict(const Value& state_dict) override;

 private:
  static absl::StatusOr<Span> MakeSpan(int64_t begin, bool has_end, int64_t end,
                                       bool by_epoch, bool convert,
                                       const ScheduleLengths& lengths);
  void AddGroups();
  double Get(const ParamGroup& group) const;
  void Set(double value, ParamGroup* group) const;

  Optimizer* optimizer_;
  std::string param_name_;
  bool is_beta_;  // param_name_ stands for the first of the betas
  Span span_;
  std::unique_ptr<Schedule> schedule_;
  // By group.
  std::vector<double> initial_values_;
  int64_t last_step_ = -1;
  int64_t global_step_ = -1;
};

// The scheduler of `param_name` that `config` describes; `make_schedule` checks
// and takes the fields that are the schedule's own.
template <typename Config, typename MakeSchedule>
absl::StatusOr<std::unique_ptr<ChainedScheduler>> CreateChained(
    const Config& config, const char* param_name, Optimizer* optimizer,
    const ScheduleLengths& lengths, MakeSchedule make_schedule) {
  RETURN_IF_ERROR(ChainedScheduler::CheckParamName(*optimizer, param_name));
  ASSIGN_OR_RETURN(const ChainedScheduler::Span span,
                   ChainedScheduler::SpanOf(config, lengths));
  ASSIGN_OR_RETURN(std::unique_ptr<Schedule> schedule,
                   make_schedule(config, span));
  return std::make_unique<ChainedScheduler>(optimizer, param_name, span,
                                            std::move(schedule));
}

}  // namespace anneal

#endif  // ANNEAL_OPTIM_CHAINED_SCHEDULER_H_
