#include "tools/chart.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace anneal {
namespace {

constexpr uint32_t kInk = 0x333333;
constexpr uint32_t kGrid = 0xe2e2e2;
constexpr uint32_t kColors[] = {0x1f77b4, 0xff7f0e, 0x2ca02c, 0xd62728,
                                0x9467bd, 0x8c564b, 0xe377c2, 0x17becf};
constexpr int kNumColors = 8;

// Pixels.
constexpr double kLeft = 84;
constexpr double kRight = 24;
constexpr double kLegend = 150;
constexpr double kTitle = 48;
constexpr double kNote = 20;
constexpr double kPanel = 250;  // of the axes
constexpr double kGap = 64;     // below the axes

// A part of the page, in values.
struct Axes {
  double left;
  double top;
  double right;
  double bottom;
  double x_max;
  double low;
  double high;

  double X(double iteration) const {
    return left + (right - left) * iteration / x_max;
  }
  double Y(double value) const {
    return bottom - (bottom - top) * (value - low) / (high - low);
  }
};

size_t NumIterations(const Chart& chart) {
  return chart.panels.front().curves.front().values.size();
}

// Lowest and highest value, 0 among them unless all lie close together.
std::pair<double, double> RangeOf(const Chart::Panel& panel) {
  double low = INFINITY;
  double high = -INFINITY;
  for (const Chart::Curve& curve : panel.curves) {
    for (const double value : curve.values) {
      low = std::min(low, value);
      high = std::max(high, value);
    }
  }
  if (low > 0 && low < high / 2) low = 0;
  const double room =
      high > low ? (high - low) * 0.05 : std::max(std::abs(high) * 0.05, 1e-12);
  return {low == 0 && high > low ? 0 : low - room, high + room};
}

// A stair of at most a few points a pixel: of many iterations the least and the
// greatest value of each stretch.
std::vector<Point> Stair(const std::vector<double>& values, const Axes& axes) {
  std::vector<Point> points;
  const size_t max_stretches = 2 * (axes.right - axes.left);
  const size_t length = 1 + values.size() / max_stretches;
  for (size_t begin = 0; begin < values.size(); begin += length) {
    const size_t end = std::min(begin + length, values.size());
    const auto [least, greatest] =
        std::minmax_element(values.begin() + begin, values.begin() + end);
    if (least < greatest) {
      points.push_back({axes.X(begin), axes.Y(*least)});
      points.push_back({axes.X(end), axes.Y(*greatest)});
    } else {
      points.push_back({axes.X(begin), axes.Y(*greatest)});
      points.push_back({axes.X(end), axes.Y(*least)});
    }
  }
  return points;
}

void DrawAxes(const Axes& axes, Canvas* canvas) {
  for (const double tick : Ticks(axes.low, axes.high, 6)) {
    const double y = axes.Y(tick);
    canvas->DrawLine({{axes.left, y}, {axes.right, y}}, kGrid, 1);
    canvas->DrawText({axes.left - 8, y + 4}, absl::StrFormat("%g", tick),
                     Canvas::Align::kRight, 12, kInk);
  }
  for (const double tick : Ticks(0, axes.x_max, 8)) {
    const double x = axes.X(tick);
    canvas->DrawLine({{x, axes.top}, {x, axes.bottom}}, kGrid, 1);
    canvas->DrawLine({{x, axes.bottom}, {x, axes.bottom + 4}}, kInk, 1);
    canvas->DrawText({x, axes.bottom + 18}, absl::StrCat(tick),
                     Canvas::Align::kCenter, 12, kInk);
  }
  canvas->DrawLine({{axes.left, axes.top},
                    {axes.left, axes.bottom},
                    {axes.right, axes.bottom}},
                   kInk, 1);
}

// Cells of a terminal, each of 2 x 4 dots of its own.
class Dots {
 public:
  Dots(int columns, int rows)
      : columns_(columns), rows_(rows), cells_(columns * rows, 0) {}

  void Set(int x, int y) {
    static constexpr int kBits[4][2] = {{0, 3}, {1, 4}, {2, 5}, {6, 7}};
    x = std::clamp(x, 0, 2 * columns_ - 1);
    y = std::clamp(y, 0, 4 * rows_ - 1);
    cells_[y / 4 * columns_ + x / 2] |= 1 << kBits[y % 4][x % 2];
  }

  std::string Row(int row) const {
    std::string text;
    for (int column = 0; column < columns_; ++column) {
      // U+2800 and its bits, in UTF-8.
      const int bits = cells_[row * columns_ + column];
      text += {static_cast<char>(0xe2), static_cast<char>(0xa0 | bits >> 6),
               static_cast<char>(0x80 | (bits & 63))};
    }
    return text;
  }

 private:
  int columns_;
  int rows_;
  std::vector<int> cells_;
};

constexpr int kTextColumns = 66;
constexpr int kTextRows = 16;

std::string PanelText(const Chart::Panel& panel) {
  Dots dots(kTextColumns, kTextRows);
  const auto [low, high] = RangeOf(panel);
  for (const Chart::Curve& curve : panel.curves) {
    const size_t size = curve.values.size();
    int last = -1;
    // Every dot's column, and every iteration where those are more.
    const size_t steps = std::max<size_t>(size, 2 * kTextColumns);
    for (size_t i = 0; i < steps; ++i) {
      const double value = curve.values[i * size / steps];
      const int y =
          std::lround((1 - (value - low) / (high - low)) * (4 * kTextRows - 1));
      const int x = i * 2 * kTextColumns / steps;
      const int from = last < 0 ? y : last;
      for (int at = std::min(from, y); at <= std::max(from, y); ++at) {
        dots.Set(x, at);
      }
      last = y;
    }
  }
  std::string text;
  for (int row = 0; row < kTextRows; ++row) {
    const double value = high - (high - low) * row / (kTextRows - 1);
    const bool has_label = row % 5 == 0;
    absl::StrAppendFormat(&text, "%10s %s%s\n",
                          has_label ? absl::StrFormat("%.3g", value) : "",
                          has_label ? "┤" : "│", dots.Row(row));
  }
  return text;
}

}  // namespace

std::vector<double> Ticks(double low, double high, int count) {
  const double rough = (high - low) / count;
  const double power = std::pow(10, std::floor(std::log10(rough)));
  double step = 10 * power;
  for (const double factor : {5., 2., 1.}) {
    if (factor * power >= rough * 0.75) step = factor * power;
  }
  std::vector<double> ticks;
  for (double i = std::ceil(low / step - 1e-9); i * step <= high + step * 1e-9;
       ++i) {
    // Without the digits that 0.1 * 3 has too many, and without -0.
    ticks.push_back(std::round(i) == 0 ? 0 : std::round(i) * step);
  }
  return ticks;
}

int Chart::height() const {
  return kTitle + kNote * notes.size() + (kPanel + kGap) * panels.size();
}

void Chart::Draw(Canvas* canvas) const {
  canvas->DrawText({width() / 2., 30}, title, Canvas::Align::kCenter, 18, kInk);
  double top = kTitle;
  for (const std::string& note : notes) {
    canvas->DrawText({width() / 2., top + 6}, note, Canvas::Align::kCenter, 12,
                     0xb04000);
    top += kNote;
  }
  const bool has_legend =
      std::any_of(panels.begin(), panels.end(),
                  [](const Panel& panel) { return panel.curves.size() > 1; });
  for (const Panel& panel : panels) {
    const auto [low, high] = RangeOf(panel);
    const Axes axes = {kLeft,
                       top + 16,
                       width() - kRight - (has_legend ? kLegend : 0),
                       top + 16 + kPanel - 16,
                       static_cast<double>(NumIterations(*this)),
                       low,
                       high};
    DrawAxes(axes, canvas);
    canvas->DrawText({kLeft, axes.top - 8}, panel.label, Canvas::Align::kLeft,
                     14, kInk);
    canvas->DrawText({(axes.left + axes.right) / 2, axes.bottom + 38}, x_label,
                     Canvas::Align::kCenter, 12, kInk);
    for (size_t i = 0; i < panel.curves.size(); ++i) {
      const uint32_t color = kColors[i % kNumColors];
      canvas->DrawLine(Stair(panel.curves[i].values, axes), color, 1.8);
      const double y = axes.top + 12 + 20 * i;
      if (panel.curves.size() == 1 || y > axes.bottom) continue;
      canvas->DrawLine({{axes.right + 14, y - 4}, {axes.right + 34, y - 4}},
                       color, 2.5);
      canvas->DrawText({axes.right + 42, y}, panel.curves[i].label,
                       Canvas::Align::kLeft, 12, kInk);
    }
    top += kPanel + kGap;
  }
}

std::string Chart::ToText() const {
  std::string text = absl::StrCat(title, "\n");
  for (const std::string& note : notes) absl::StrAppend(&text, note, "\n");
  for (const Panel& panel : panels) {
    absl::StrAppend(&text, "\n", panel.label);
    if (panel.curves.size() > 1) {
      for (const Curve& curve : panel.curves) {
        absl::StrAppendFormat(&text, "%s %s: %.4g to %.4g",
                              &curve == &panel.curves.front() ? ":" : ";",
                              curve.label, curve.values.front(),
                              curve.values.back());
      }
    }
    absl::StrAppend(&text, "\n", PanelText(panel));
    const std::string last = absl::StrCat(NumIterations(*this));
    absl::StrAppendFormat(&text, "%10s └0%*s\n%*s%s\n", "", kTextColumns - 1,
                          last, 12, "", x_label);
  }
  return text;
}

}  // namespace anneal
