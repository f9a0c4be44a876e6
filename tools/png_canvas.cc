#include "tools/png_canvas.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>

#include "tools/stroke_font.h"

namespace anneal {
namespace {

constexpr int kScale = 2;
// Of a font's size: a unit of the strokes' grid across and down, and the
// strokes' width.
constexpr double kUnitX = 0.047;
constexpr double kUnit = 0.06;
constexpr double kStrokeWidth = 0.09;

double DistanceToSegment(double x, double y, Point a, Point b) {
  const double dx = b.x - a.x;
  const double dy = b.y - a.y;
  const double length = dx * dx + dy * dy;
  double t = length == 0 ? 0 : ((x - a.x) * dx + (y - a.y) * dy) / length;
  t = std::clamp(t, 0., 1.);
  return std::hypot(x - a.x - t * dx, y - a.y - t * dy);
}

void AppendBigEndian(uint32_t number, std::string* out) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    out->push_back(static_cast<char>(number >> shift));
  }
}

void AppendChunk(const std::string& type, const std::string& data,
                 std::string* out) {
  AppendBigEndian(data.size(), out);
  const std::string body = type + data;
  *out += body;
  AppendBigEndian(crc32(0, reinterpret_cast<const Bytef*>(body.data()),
                        static_cast<uInt>(body.size())),
                  out);
}

std::string Deflated(const std::string& raw) {
  uLongf size = compressBound(raw.size());
  std::string out(size, '\0');
  // The buffer is large enough, and memory is all that compress can lack.
  compress(reinterpret_cast<Bytef*>(out.data()), &size,
           reinterpret_cast<const Bytef*>(raw.data()), raw.size());
  out.resize(size);
  return out;
}

}  // namespace

PngCanvas::PngCanvas(int width, int height)
    : width_(width * kScale),
      height_(height * kScale),
      pixels_(size_t{3} * width_ * height_, 255) {}

void PngCanvas::DrawSegment(Point from, Point to, uint32_t color,
                            double width) {
  const double reach = width / 2 + 1;
  const int left = std::max(0., std::min(from.x, to.x) - reach);
  const int top = std::max(0., std::min(from.y, to.y) - reach);
  const int right = std::min(width_ - 1., std::max(from.x, to.x) + reach);
  const int bottom = std::min(height_ - 1., std::max(from.y, to.y) + reach);
  for (int y = top; y <= bottom; ++y) {
    for (int x = left; x <= right; ++x) {
      const double distance = DistanceToSegment(x + 0.5, y + 0.5, from, to);
      const double cover = std::clamp(width / 2 + 0.5 - distance, 0., 1.);
      if (cover == 0) continue;
      uint8_t* pixel = &pixels_[3 * (size_t{1} * y * width_ + x)];
      for (int c = 0; c < 3; ++c) {
        const int ink = color >> (16 - 8 * c) & 255;
        pixel[c] = std::lround(pixel[c] + (ink - pixel[c]) * cover);
      }
    }
  }
}

void PngCanvas::DrawLine(const std::vector<Point>& points, uint32_t color,
                         double width) {
  for (size_t i = 0; i + 1 < points.size(); ++i) {
    DrawSegment({points[i].x * kScale, points[i].y * kScale},
                {points[i + 1].x * kScale, points[i + 1].y * kScale}, color,
                width * kScale);
  }
}

void PngCanvas::DrawText(Point at, absl::string_view text, Align align,
                         double size, uint32_t color) {
  const double unit = kUnit * size;
  const double unit_x = kUnitX * size;
  const double width = unit_x * (kStrokeAdvance * text.size() - 3);
  if (align == Align::kCenter) at.x -= width / 2;
  if (align == Align::kRight) at.x -= width;
  for (size_t i = 0; i < text.size(); ++i) {
    const double left = at.x + unit_x * kStrokeAdvance * i;
    for (std::vector<Point>& stroke : StrokesOf(text[i])) {
      for (Point& point : stroke) {
        point = {left + unit_x * point.x, at.y + unit * (point.y - 12)};
      }
      DrawLine(stroke, color, kStrokeWidth * size);
    }
  }
}

std::string PngCanvas::Encode() const {
  std::string header;
  AppendBigEndian(width_, &header);
  AppendBigEndian(height_, &header);
  // 8 bits, RGB, the only methods there are, not interlaced.
  header += std::string("\x08\x02\0\0\0", 5);
  std::string rows;
  const size_t row = size_t{3} * width_;
  for (int y = 0; y < height_; ++y) {
    rows.push_back('\0');
    rows.append(reinterpret_cast<const char*>(&pixels_[y * row]), row);
  }
  std::string png = "\x89PNG\r\n\x1a\n";
  AppendChunk("IHDR", header, &png);
  AppendChunk("IDAT", Deflated(rows), &png);
  AppendChunk("IEND", "", &png);
  return png;
}

}  // namespace anneal
