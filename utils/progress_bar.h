// Progress on a terminal.
#ifndef ANNEAL_UTILS_PROGRESS_BAR_H_
#define ANNEAL_UTILS_PROGRESS_BAR_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace anneal {

// mmengine's bar on the terminal's last line, redrawn at most 20 times a
// second:
//
//   [>>>>>               ] 50/133, 240.1 task/s, elapsed: 1s, ETA:     2s
//
// Draws to standard error; the caller asks whether that is a terminal.
class ProgressBar {
 public:
  // `total`: tasks in all, at least 1.
  explicit ProgressBar(int64_t total);

  // `done` tasks of `total` are done.
  void Update(int64_t done);
  // Wipes the line, so that others may print; Redraw brings it back.
  void Clear();
  void Redraw();

 private:
  std::string Line() const;

  int64_t total_;
  int64_t done_ = 0;
  int64_t first_done_ = -1;
  absl::Time start_;
  absl::Time last_drawn_;
};

}  // namespace anneal

#endif  // ANNEAL_UTILS_PROGRESS_BAR_H_
