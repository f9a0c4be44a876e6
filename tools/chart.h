// Curves over the iterations of a run.
#ifndef ANNEAL_TOOLS_CHART_H_
#define ANNEAL_TOOLS_CHART_H_

#include <string>
#include <vector>

#include "tools/canvas.h"

namespace anneal {

// Panels of curves one below the other, all over the same iterations.
struct Chart {
  struct Curve {
    std::string label;
    // By iteration.
    std::vector<double> values;
  };
  struct Panel {
    std::string label;
    std::vector<Curve> curves;
  };

  std::string title;
  // What the reader has to know, a line each.
  std::vector<std::string> notes;
  std::string x_label;
  std::vector<Panel> panels;

  // Of a canvas that the chart fits on.
  int width() const { return 960; }
  int height() const;

  // With axes, ticks, grid, and a legend where a panel has several curves.
  void Draw(Canvas* canvas) const;

  // For a terminal of at least 80 columns, in braille dots.
  std::string ToText() const;
};

// The multiples of 1, 2 or 5 times a power of ten, about `count` of them, in
// [low, high]; low < high.
std::vector<double> Ticks(double low, double high, int count);

}  // namespace anneal

#endif  // ANNEAL_TOOLS_CHART_H_
