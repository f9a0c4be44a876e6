#include "optim/strong_wolfe.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace anneal {
namespace {

constexpr double kDecrease = 1e-4;
constexpr double kCurvature = 0.9;
constexpr double kLeastBracket = 1e-9;

// The minimum within [low, high] of the cubic through both points with their
// slopes; the middle where it has none.
double CubicMinimum(const LinePoint& a, const LinePoint& b, double low,
                    double high) {
  const double d1 = a.slope + b.slope - 3 * (a.loss - b.loss) / (a.t - b.t);
  const double square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const double d2 = std::sqrt(square);
  const LinePoint& left = a.t <= b.t ? a : b;
  const LinePoint& right = a.t <= b.t ? b : a;
  const double t =
      right.t - (right.t - left.t) * ((right.slope + d2 - d1) /
                                      (right.slope - left.slope + 2 * d2));
  return std::min(std::max(t, low), high);
}

class Search {
 public:
  Search(absl::FunctionRef<LinePoint(double t)> evaluate,
         const LinePoint& start, int64_t max_steps)
      : evaluate_(evaluate), start_(start), max_steps_(max_steps) {}

  LinePoint Run(double t, double direction_size) {
    Bracket(t);
    if (low_.loss > high_.loss) std::swap(low_, high_);
    while (!is_done_ && steps_ < max_steps_ &&
           std::abs(high_.t - low_.t) * direction_size >= kLeastBracket) {
      Zoom();
    }
    return low_;
  }

  int64_t evaluations() const { return evaluations_; }

 private:
  LinePoint At(double t) {
    ++evaluations_;
    return evaluate_(t);
  }

  bool IsTooHigh(const LinePoint& point) const {
    return point.loss > start_.loss + kDecrease * point.t * start_.slope;
  }
  bool IsFlat(const LinePoint& point) const {
    return std::abs(point.slope) <= -kCurvature * start_.slope;
  }

  // Goes outward until a good point lies between `low_` and `high_`.
  void Bracket(double t) {
    LinePoint previous = start_;
    LinePoint point = At(t);
    for (; steps_ < max_steps_; ++steps_) {
      if (IsTooHigh(point) || (steps_ > 1 && point.loss >= previous.loss)) {
        return Set(previous, point);
      }
      if (IsFlat(point)) {
        is_done_ = true;
        return Set(point, point);
      }
      if (point.slope >= 0) return Set(previous, point);
      const double least = point.t + 0.01 * (point.t - previous.t);
      const double next = CubicMinimum(previous, point, least, point.t * 10);
      previous = std::move(point);
      point = At(next);
    }
    Set(start_, point);
  }

  void Set(LinePoint low, LinePoint high) {
    low_ = std::move(low);
    high_ = std::move(high);
  }

  // Narrows the bracket.
  void Zoom() {
    const double left = std::min(low_.t, high_.t);
    const double right = std::max(low_.t, high_.t);
    double t = CubicMinimum(low_, high_, left, right);
    // Twice near an end, or on it: go inward.
    const double margin = 0.1 * (right - left);
    if (std::min(right - t, t - left) < margin) {
      if (is_near_end_ || t >= right || t <= left) {
        t = std::abs(t - right) < std::abs(t - left) ? right - margin
                                                     : left + margin;
        is_near_end_ = false;
      } else {
        is_near_end_ = true;
      }
    } else {
      is_near_end_ = false;
    }
    LinePoint point = At(t);
    ++steps_;
    if (IsTooHigh(point) || point.loss >= low_.loss) {
      high_ = std::move(point);
      if (high_.loss < low_.loss) std::swap(low_, high_);
      return;
    }
    if (IsFlat(point)) {
      is_done_ = true;
    } else if (point.slope * (high_.t - low_.t) >= 0) {
      high_ = low_;
    }
    low_ = std::move(point);
  }

  absl::FunctionRef<LinePoint(double t)> evaluate_;
  const LinePoint& start_;
  const int64_t max_steps_;
  int64_t steps_ = 0;
  int64_t evaluations_ = 0;
  bool is_done_ = false;
  bool is_near_end_ = false;
  LinePoint low_;
  LinePoint high_;
};

}  // namespace

LinePoint StrongWolfe(absl::FunctionRef<LinePoint(double t)> evaluate,
                      const LinePoint& start, double t, double direction_size,
                      int64_t max_steps, int64_t* evaluations) {
  Search search(evaluate, start, max_steps);
  LinePoint found = search.Run(t, direction_size);
  *evaluations += search.evaluations();
  return found;
}

}  // namespace anneal
