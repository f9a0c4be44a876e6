#include "tools/chart.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include <string>
#include <vector>

#include "tools/png_canvas.h"
#include "tools/svg_canvas.h"

namespace anneal {
namespace {

using ::testing::DoubleEq;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Chart TwoCurves() {
  Chart chart;
  chart.title = "a < b & c";
  chart.x_label = "iteration";
  chart.panels = {{"lr", {{"group 0", {0, 0.5, 1}}, {"group 1", {1, 1, 0}}}}};
  return chart;
}

std::string Svg(const Chart& chart) {
  SvgCanvas canvas(chart.width(), chart.height());
  chart.Draw(&canvas);
  return canvas.Encode();
}

TEST(Ticks, AreRoundNumbers) {
  EXPECT_THAT(Ticks(0, 1, 5), ElementsAre(0, 0.2, 0.4, DoubleEq(0.6), 0.8, 1));
  EXPECT_THAT(Ticks(0, 24, 8), ElementsAre(0, 5, 10, 15, 20));
  EXPECT_THAT(Ticks(-1.5e-3, 1e-3, 3), ElementsAre(-1e-3, 0, 1e-3));
}

TEST(Chart, HasTitleTicksLabelsAndALegend) {
  const std::string svg = Svg(TwoCurves());

  for (const char* text : {">a &lt; b &amp; c<", ">lr<", ">iteration<", ">0.2<",
                           ">3<", ">group 0<", ">group 1<"}) {
    EXPECT_THAT(svg, HasSubstr(text));
  }
}

TEST(Chart, NeedsNoLegendForOneCurve) {
  Chart chart = TwoCurves();
  chart.panels[0].curves.pop_back();

  EXPECT_THAT(Svg(chart), Not(HasSubstr("group 0")));
}

TEST(Chart, ConstantCurveIsDrawnToo) {
  Chart chart = TwoCurves();
  chart.panels[0].curves = {{"group 0", {0.1, 0.1}}};

  EXPECT_THAT(Svg(chart), Not(HasSubstr("nan")));
}

// However many iterations there are, no more than four points a pixel.
TEST(Chart, ManyIterationsGiveNoLargeFile) {
  Chart chart = TwoCurves();
  chart.panels[0].curves = {{"group 0", std::vector<double>(1000000, 0.1)}};
  chart.panels[0].curves[0].values[500000] = 0.9;

  EXPECT_LT(Svg(chart).size(), 100000);
}

TEST(Chart, NotesStandUnderTheTitle) {
  Chart chart = TwoCurves();
  chart.notes = {"depends on the metric"};

  EXPECT_THAT(Svg(chart), HasSubstr("depends on the metric"));
  EXPECT_THAT(chart.ToText(), HasSubstr("depends on the metric"));
}

TEST(Chart, TextHasScaleAndDots) {
  const std::string text = TwoCurves().ToText();

  EXPECT_THAT(text, HasSubstr("lr: group 0: 0 to 1; group 1: 1 to 0"));
  EXPECT_THAT(text, HasSubstr("┤"));
  EXPECT_THAT(text, HasSubstr("iteration"));
}

// Signature, size and checksums by hand, from the PNG specification.
TEST(PngCanvas, WritesARealPng) {
  PngCanvas canvas(10, 4);
  canvas.DrawLine({{0, 2}, {10, 2}}, 0xff0000, 2);

  const std::string png = canvas.Encode();

  EXPECT_EQ(png.substr(0, 8), "\x89PNG\r\n\x1a\n");
  EXPECT_EQ(png.substr(16, 8), std::string("\0\0\0\x14\0\0\0\x08", 8));
  size_t at = 8;
  std::string pixels;
  while (at < png.size()) {
    auto number = [&](size_t i) {
      uint32_t value = 0;
      for (int b = 0; b < 4; ++b) value = value << 8 | uint8_t(png[i + b]);
      return value;
    };
    const uint32_t size = number(at);
    const auto* body = reinterpret_cast<const Bytef*>(&png[at + 4]);
    EXPECT_EQ(crc32(0, body, size + 4), number(at + 8 + size));
    if (png.substr(at + 4, 4) == "IDAT") {
      pixels.resize(8 * (1 + 3 * 20));
      uLongf length = pixels.size();
      EXPECT_EQ(uncompress(reinterpret_cast<Bytef*>(pixels.data()), &length,
                           body + 4, size),
                Z_OK);
      EXPECT_EQ(length, pixels.size());
    }
    at += size + 12;
  }
  auto pixel = [&](int x, int y) {
    return pixels.substr(y * 61 + 1 + 3 * x, 3);
  };
  EXPECT_EQ(pixel(10, 0), "\xff\xff\xff");
  EXPECT_EQ(pixel(10, 4), std::string("\xff\0\0", 3));
}

TEST(PngCanvas, DrawsTextsWhereTheyAreAligned) {
  PngCanvas left(60, 20);
  left.DrawText({30, 15}, "lr", Canvas::Align::kLeft, 12, 0);
  PngCanvas right(60, 20);
  right.DrawText({30, 15}, "lr", Canvas::Align::kRight, 12, 0);
  PngCanvas empty(60, 20);

  EXPECT_NE(left.Encode(), empty.Encode());
  EXPECT_NE(left.Encode(), right.Encode());
}

}  // namespace
}  // namespace anneal
