#include "utils/progress_bar.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "utils/timer.h"

namespace anneal {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(50);
constexpr int kMaxBarWidth = 50;

// As mmengine rounds: half up.
int64_t WholeSeconds(double seconds) {
  return static_cast<int64_t>(seconds + 0.5);
}

}  // namespace

ProgressBar::ProgressBar(int64_t total, std::FILE* stream)
    : total_(std::max<int64_t>(total, 0)),
      stream_(stream),
      start_(Timer::SteadyTime()) {}

void ProgressBar::Update(int64_t done) {
  if (done_before_ < 0) done_before_ = std::max<int64_t>(done - 1, 0);
  done_ = done;
  const absl::Duration now = Timer::SteadyTime();
  if (now - last_drawn_ < kInterval && done != total_) return;
  last_drawn_ = now;
  Redraw();
}

void ProgressBar::Clear() { Print("\r\x1b[K"); }

void ProgressBar::Redraw() {
  Print(absl::StrCat("\r\x1b[K",
                     Line(done_, total_, std::max<int64_t>(done_before_, 0),
                          Timer::SteadyTime() - start_, TerminalWidth())));
}

std::string ProgressBar::Line(int64_t done, int64_t total, int64_t done_before,
                              absl::Duration elapsed, int width) {
  const double seconds = std::max(absl::ToDoubleSeconds(elapsed), 1e-3);
  const double rate = (done - done_before) / seconds;
  std::string line;
  if (total <= 0) {
    line = absl::StrFormat("completed: %d, elapsed: %ds, %.1f tasks/s", done,
                           WholeSeconds(seconds), rate);
  } else {
    const double left = rate > 0 ? (total - done) / rate : 0;
    const std::string text =
        absl::StrFormat(" %d/%d, %.1f task/s, elapsed: %ds, ETA: %5ds", done,
                        total, rate, WholeSeconds(seconds), WholeSeconds(left));
    // Two brackets, and the last column stays free.
    const int room = width - static_cast<int>(text.size()) - 3;
    const int bar = std::max(
        2, std::min({kMaxBarWidth, room, static_cast<int>(width * 0.6)}));
    const int filled = static_cast<int>(
        bar * std::min(static_cast<double>(done) / total, 1.0));
    line = absl::StrCat("[", std::string(filled, '>'),
                        std::string(bar - filled, ' '), "]", text);
  }
  // A wrapped line could not be wiped.
  return line.substr(0, std::max(width, 0));
}

int ProgressBar::TerminalWidth() const {
  struct winsize size;
  constexpr int kDefault = 80;
  if (ioctl(fileno(stream_), TIOCGWINSZ, &size) != 0) return kDefault;
  return size.ws_col > 0 ? size.ws_col : kDefault;
}

void ProgressBar::Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stream_);
  std::fflush(stream_);
}

}  // namespace anneal
