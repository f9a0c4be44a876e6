// A font of straight strokes.
#ifndef ANNEAL_TOOLS_STROKE_FONT_H_
#define ANNEAL_TOOLS_STROKE_FONT_H_

#include <vector>

#include "tools/canvas.h"

namespace anneal {

// Strokes of printable ASCII on a grid: the letters stand on y = 12, capitals
// reach up to 0, tails down to 16, x runs from 0 to 8. Others are a box.
std::vector<std::vector<Point>> StrokesOf(char letter);

// From one letter to the next on that grid.
inline constexpr double kStrokeAdvance = 11;

}  // namespace anneal

#endif  // ANNEAL_TOOLS_STROKE_FONT_H_
