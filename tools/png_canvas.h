// A canvas that becomes a PNG file.
#ifndef ANNEAL_TOOLS_PNG_CANVAS_H_
#define ANNEAL_TOOLS_PNG_CANVAS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "tools/canvas.h"

namespace anneal {

// Smooth lines, texts in stroke_font's letters, two pixels of the picture to
// one of the canvas.
class PngCanvas : public Canvas {
 public:
  PngCanvas(int width, int height);

  void DrawLine(const std::vector<Point>& points, uint32_t color,
                double width) override;
  void DrawText(Point at, absl::string_view text, Align align, double size,
                uint32_t color) override;
  std::string Encode() const override;

 private:
  // In the picture's pixels.
  void DrawSegment(Point from, Point to, uint32_t color, double width);

  int width_;
  int height_;
  std::vector<uint8_t> pixels_;  // rows of RGB
};

}  // namespace anneal

#endif  // ANNEAL_TOOLS_PNG_CANVAS_H_
