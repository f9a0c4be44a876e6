// A canvas that becomes an SVG file.
#ifndef ANNEAL_TOOLS_SVG_CANVAS_H_
#define ANNEAL_TOOLS_SVG_CANVAS_H_

#include <string>
#include <vector>

#include "tools/canvas.h"

namespace anneal {

// Texts stay texts, in the viewer's sans-serif font.
class SvgCanvas : public Canvas {
 public:
  SvgCanvas(int width, int height) : width_(width), height_(height) {}

  void DrawLine(const std::vector<Point>& points, uint32_t color,
                double width) override;
  void DrawText(Point at, absl::string_view text, Align align, double size,
                uint32_t color) override;
  std::string Encode() const override;

 private:
  int width_;
  int height_;
  std::string elements_;
};

}  // namespace anneal

#endif  // ANNEAL_TOOLS_SVG_CANVAS_H_
