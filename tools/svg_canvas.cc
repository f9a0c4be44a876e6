#include "tools/svg_canvas.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace anneal {

void SvgCanvas::DrawLine(const std::vector<Point>& points, uint32_t color,
                         double width) {
  absl::StrAppendFormat(&elements_,
                        "<polyline fill=\"none\" stroke=\"#%06x\" "
                        "stroke-width=\"%.4g\" stroke-linejoin=\"round\" "
                        "points=\"",
                        color, width);
  for (const Point& point : points) {
    absl::StrAppendFormat(&elements_, "%.6g,%.6g ", point.x, point.y);
  }
  elements_ += "\"/>\n";
}

void SvgCanvas::DrawText(Point at, absl::string_view text, Align align,
                         double size, uint32_t color) {
  const char* anchor = align == Align::kLeft     ? "start"
                       : align == Align::kCenter ? "middle"
                                                 : "end";
  absl::StrAppendFormat(
      &elements_,
      "<text x=\"%.6g\" y=\"%.6g\" text-anchor=\"%s\" font-size=\"%.4g\" "
      "fill=\"#%06x\">%s</text>\n",
      at.x, at.y, anchor, size, color,
      absl::StrReplaceAll(text, {{"&", "&amp;"}, {"<", "&lt;"}}));
}

std::string SvgCanvas::Encode() const {
  return absl::StrFormat(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" "
      "viewBox=\"0 0 %d %d\" font-family=\"sans-serif\">\n"
      "<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n%s</svg>\n",
      width_, height_, width_, height_, elements_);
}

}  // namespace anneal
