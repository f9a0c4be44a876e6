// The interface of what a chart is drawn on.
#ifndef ANNEAL_TOOLS_CANVAS_H_
#define ANNEAL_TOOLS_CANVAS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace anneal {

// In pixels from the upper left corner.
struct Point {
  double x;
  double y;
};

// A white page of fixed size that lines and texts are drawn on, and the bytes
// of the picture file. Colours are 0xRRGGBB.
class Canvas {
 public:
  virtual ~Canvas() = default;

  virtual void DrawLine(const std::vector<Point>& points, uint32_t color,
                        double width) = 0;

  enum class Align { kLeft, kCenter, kRight };
  // `at`: the end, or the middle, of the line that the letters stand on;
  // `size`: the font's, in pixels.
  virtual void DrawText(Point at, absl::string_view text, Align align,
                        double size, uint32_t color) = 0;

  virtual std::string Encode() const = 0;
};

}  // namespace anneal

#endif  // ANNEAL_TOOLS_CANVAS_H_
