// The average time of a piece of code.
#ifndef ANNEAL_UTILS_TIME_COUNTER_H_
#define ANNEAL_UTILS_TIME_COUNTER_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "absl/types/optional.h"
#include "utils/timer.h"

namespace anneal {

// mmengine's TimeCounter: logs the average of the runs of a block, those before
// the warm-up's end left out. Every rank that runs it logs.
//
//   static TimeCounter counter({"forward"});
//   {
//     TimeCounter::Run run(&counter);
//     model->forward(input);
//   }
//   [forward]-time per run averaged in the past 1 runs: 100.0 ms
//
// Not thread-safe.
class TimeCounter {
 public:
  struct Options {
    // Names the block in the line. Required.
    std::string tag;
    // Every how many runs a line comes, at least 1.
    int64_t log_interval = 1;
    // The first run that counts, from 1.
    int64_t warmup_interval = 1;
    // Waits for the current CUDA device at both ends of the block.
    bool with_sync = true;
    // Where the line goes: PrintLog's `logger`.
    absl::optional<std::string> logger;
  };

  // Dies without a tag and for an interval below 1.
  explicit TimeCounter(Options options,
                       Timer::Clock clock = &Timer::SteadyTime);

  // One run of the block: from its construction to its end. A run that an
  // exception leaves counts too.
  class Run {
   public:
    explicit Run(TimeCounter* counter);
    ~Run();
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;

   private:
    TimeCounter* counter_;
    absl::Duration start_;
  };

 private:
  absl::Duration Now() const;
  void Record(absl::Duration elapsed);

  Options options_;
  Timer::Clock clock_;
  int64_t count_ = 0;
  absl::Duration total_;
};

}  // namespace anneal

#endif  // ANNEAL_UTILS_TIME_COUNTER_H_
