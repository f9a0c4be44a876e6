#include "utils/progress_bar.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"

namespace anneal {
namespace {

constexpr absl::Duration kInterval = absl::Milliseconds(50);

int TerminalWidth() {
  struct winsize size;
  constexpr int kDefault = 80;
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0) return kDefault;
  return size.ws_col > 0 ? size.ws_col : kDefault;
}

void Print(const std::string& text) {
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

}  // namespace

ProgressBar::ProgressBar(int64_t total)
    : total_(std::max<int64_t>(total, 1)), start_(absl::Now()) {}

void ProgressBar::Update(int64_t done) {
  if (first_done_ < 0) first_done_ = done;
  done_ = done;
  const absl::Time now = absl::Now();
  if (now - last_drawn_ < kInterval && done < total_) return;
  last_drawn_ = now;
  Redraw();
}

void ProgressBar::Clear() { Print("\r\x1b[K"); }

void ProgressBar::Redraw() { Print(absl::StrCat("\r\x1b[K", Line())); }

std::string ProgressBar::Line() const {
  const double elapsed =
      std::max(absl::ToDoubleSeconds(absl::Now() - start_), 1e-3);
  const double rate = (done_ - std::max<int64_t>(first_done_, 0)) / elapsed;
  const double left = rate > 0 ? (total_ - done_) / rate : 0;
  const std::string text =
      absl::StrFormat(" %d/%d, %.1f task/s, elapsed: %.0fs, ETA: %5.0fs", done_,
                      total_, rate, elapsed, left);
  const int width =
      std::min<int>(50, TerminalWidth() - static_cast<int>(text.size()) - 3);
  if (width < 4) return text;
  const int filled =
      static_cast<int>(static_cast<double>(done_) / total_ * width);
  return absl::StrCat("[", std::string(filled, '>'),
                      std::string(width - filled, ' '), "]", text);
}

}  // namespace anneal
