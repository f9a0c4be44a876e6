// Progress on a terminal.
#ifndef ANNEAL_UTILS_PROGRESS_BAR_H_
#define ANNEAL_UTILS_PROGRESS_BAR_H_

#include <cstdint>
#include <cstdio>
#include <string>

#include "absl/time/time.h"

namespace anneal {

// mmengine's bar on the terminal's last line, redrawn at most 20 times a
// second:
//
//   [>>>>>               ] 50/133, 240.1 task/s, elapsed: 1s, ETA:     2s
//
// The caller asks whether the stream is a terminal. Not thread-safe.
class ProgressBar {
 public:
  // `total`: tasks in all; 0: unknown, so only what is done is shown.
  explicit ProgressBar(int64_t total, std::FILE* stream = stderr);

  // `done` tasks of `total` are done. The first call comes after one task: what
  // `done` counts beyond it was done before the bar began.
  void Update(int64_t done);
  // Wipes the line, so that others may print; Redraw brings it back.
  void Clear();
  void Redraw();

  // The line for a terminal of `width` columns, never longer: `done` of
  // `total` tasks, `done_before` of them before `elapsed` began.
  static std::string Line(int64_t done, int64_t total, int64_t done_before,
                          absl::Duration elapsed, int width);

 private:
  int TerminalWidth() const;
  void Print(const std::string& text);

  int64_t total_;
  std::FILE* stream_;
  int64_t done_ = 0;
  int64_t done_before_ = -1;
  // By Timer's clock.
  absl::Duration start_;
  absl::Duration last_drawn_ = -absl::InfiniteDuration();
};

}  // namespace anneal

#endif  // ANNEAL_UTILS_PROGRESS_BAR_H_
