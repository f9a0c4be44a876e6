#include "config/python/arithmetic.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "utils/status_macros.h"

namespace anneal::config::python {
namespace {

absl::Status TooLarge(Mark mark, Heap* heap) {
  return heap->Error(mark, "an integer of more than 64 bits");
}

absl::Status ByZero(Mark mark, Heap* heap) {
  return heap->Error(mark, "division by zero");
}

// Rounded down, as Python does.
int64_t FloorDivided(int64_t a, int64_t b) {
  const int64_t quotient = a / b;
  return quotient - (a % b != 0 && (a < 0) != (b < 0));
}

uint64_t Magnitude(int64_t a) {
  return a < 0 ? 0 - static_cast<uint64_t>(a) : a;
}

// The float next to a / b, which is rounded once. b is not 0.
double Divided(int64_t a, int64_t b) {
  constexpr uint64_t kExact = uint64_t{1} << 53;
  if (a == 0 || (Magnitude(a) <= kExact && Magnitude(b) <= kExact)) {
    return static_cast<double>(a) / static_cast<double>(b);
  }
  // A quotient of 64 bits or more, shortened to 64 of which the last also tells
  // whether there is anything behind it.
  const int shift = 64 + __builtin_clzll(Magnitude(a));
  const unsigned __int128 dividend =
      static_cast<unsigned __int128>(Magnitude(a)) << shift;
  unsigned __int128 quotient = dividend / Magnitude(b);
  bool has_rest = dividend % Magnitude(b) != 0;
  int exponent = -shift;
  for (; quotient >> 64 != 0; quotient >>= 1, ++exponent) {
    has_rest |= (quotient & 1) != 0;
  }
  const uint64_t bits = static_cast<uint64_t>(quotient) | has_rest;
  const double result = std::ldexp(static_cast<double>(bits), exponent);
  return (a < 0) != (b < 0) ? -result : result;
}

absl::StatusOr<Value> IntegerPower(int64_t base, int64_t exponent, Mark mark,
                                   Heap* heap) {
  int64_t result = 1;
  // 63 squarings at most; a base of 2 or more is past 64 bits before.
  while (exponent > 0) {
    if ((exponent & 1) && __builtin_mul_overflow(result, base, &result)) {
      return TooLarge(mark, heap);
    }
    exponent >>= 1;
    if (exponent > 0 && __builtin_mul_overflow(base, base, &base)) {
      return TooLarge(mark, heap);
    }
  }
  return Value(result, mark);
}

absl::StatusOr<Value> Integers(BinaryOperator op, int64_t a, int64_t b,
                               bool are_bools, Mark mark, Heap* heap) {
  int64_t result = 0;
  bool overflows = false;
  switch (op) {
    case BinaryOperator::kAdd:
      overflows = __builtin_add_overflow(a, b, &result);
      break;
    case BinaryOperator::kSubtract:
      overflows = __builtin_sub_overflow(a, b, &result);
      break;
    case BinaryOperator::kMultiply:
      overflows = __builtin_mul_overflow(a, b, &result);
      break;
    case BinaryOperator::kDivide:
      if (b == 0) return ByZero(mark, heap);
      return Value(Divided(a, b), mark);
    case BinaryOperator::kFloorDivide:
    case BinaryOperator::kModulo:
      if (b == 0) return ByZero(mark, heap);
      if (b == -1) {
        // The one quotient that has no room.
        overflows = __builtin_sub_overflow(int64_t{0}, a, &result);
        if (op == BinaryOperator::kModulo) return Value(int64_t{0}, mark);
      } else {
        result = FloorDivided(a, b);
        if (op == BinaryOperator::kModulo) result = a - result * b;
      }
      break;
    case BinaryOperator::kPower:
      if (b >= 0) return IntegerPower(a, b, mark, heap);
      if (a == 0) return ByZero(mark, heap);
      return Value(std::pow(static_cast<double>(a), static_cast<double>(b)),
                   mark);
    case BinaryOperator::kShiftLeft:
    case BinaryOperator::kShiftRight:
      if (b < 0) return heap->Error(mark, "a shift by less than 0");
      if (op == BinaryOperator::kShiftRight) {
        result = a >> std::min<int64_t>(b, 63);
      } else {
        overflows = a != 0 && (b > 62 || __builtin_mul_overflow(
                                             a, int64_t{1} << b, &result));
      }
      break;
    case BinaryOperator::kAnd:
      result = a & b;
      break;
    case BinaryOperator::kOr:
      result = a | b;
      break;
    case BinaryOperator::kXor:
      result = a ^ b;
      break;
  }
  if (overflows) return TooLarge(mark, heap);
  const bool is_logical = op == BinaryOperator::kAnd ||
                          op == BinaryOperator::kOr ||
                          op == BinaryOperator::kXor;
  if (are_bools && is_logical) return Value(result != 0, mark);
  return Value(result, mark);
}

// Python's float // and %: the remainder has the divisor's sign.
void FloatDivMod(double a, double b, double* quotient, double* remainder) {
  double mod = std::fmod(a, b);
  double div = (a - mod) / b;
  if (mod != 0) {
    if ((b < 0) != (mod < 0)) {
      mod += b;
      div -= 1;
    }
  } else {
    mod = std::copysign(0.0, b);
  }
  if (div != 0) {
    double floored = std::floor(div);
    if (div - floored > 0.5) floored += 1;
    div = floored;
  } else {
    div = std::copysign(0.0, a / b);
  }
  *quotient = div;
  *remainder = mod;
}

absl::StatusOr<Value> RealPower(double a, double b, Mark mark, Heap* heap) {
  if (a == 0 && b < 0) return ByZero(mark, heap);
  if (a < 0 && std::isfinite(a) && std::isfinite(b) && b != std::floor(b)) {
    return heap->Error(mark,
                       "a power of a negative number that would be complex");
  }
  const double result = std::pow(a, b);
  if (std::isinf(result) && std::isfinite(a) && std::isfinite(b)) {
    return heap->Error(mark, "a power that is too large for a float");
  }
  return Value(result, mark);
}

absl::StatusOr<Value> Reals(BinaryOperator op, double a, double b, Mark mark,
                            Heap* heap) {
  double quotient, remainder;
  switch (op) {
    case BinaryOperator::kAdd:
      return Value(a + b, mark);
    case BinaryOperator::kSubtract:
      return Value(a - b, mark);
    case BinaryOperator::kMultiply:
      return Value(a * b, mark);
    case BinaryOperator::kDivide:
      if (b == 0) return ByZero(mark, heap);
      return Value(a / b, mark);
    case BinaryOperator::kFloorDivide:
    case BinaryOperator::kModulo:
      if (b == 0) return ByZero(mark, heap);
      FloatDivMod(a, b, &quotient, &remainder);
      return Value(op == BinaryOperator::kModulo ? remainder : quotient, mark);
    case BinaryOperator::kPower:
      return RealPower(a, b, mark, heap);
    default:
      return heap->Error(mark, "shifts, &, | and ^ take integers");
  }
}

}  // namespace

absl::StatusOr<Value> Arithmetic(BinaryOperator op, const Value& left,
                                 const Value& right, Mark mark, Heap* heap) {
  if (IsInteger(left) && IsInteger(right)) {
    return Integers(op, AsInteger(left), AsInteger(right),
                    left.get_if<bool>() && right.get_if<bool>(), mark, heap);
  }
  return Reals(op, AsReal(left), AsReal(right), mark, heap);
}

absl::StatusOr<Value> Truncated(double real, Mark mark, Heap* heap) {
  if (!std::isfinite(real)) {
    return heap->Error(mark, "infinity and nan are no integers");
  }
  // 2^63 is the first that has no room.
  if (std::fabs(real) >= 9223372036854775808.0) return TooLarge(mark, heap);
  return Value(static_cast<int64_t>(real), mark);
}

absl::StatusOr<Value> Round(const Value& number, const Value& digits, Mark mark,
                            Heap* heap) {
  if (!IsNumber(number) || (!digits.is_none() && !IsInteger(digits))) {
    return heap->Error(mark, "round() takes a number and a count of digits");
  }
  const int64_t count = digits.is_none() ? 0 : AsInteger(digits);
  if (IsInteger(number)) {
    const int64_t value = AsInteger(number);
    if (count >= 0) return Value(value, mark);
    if (count < -18) return Value(int64_t{0}, mark);
    ASSIGN_OR_RETURN(const Value unit, IntegerPower(10, -count, mark, heap));
    const __int128 step = AsInteger(unit);
    __int128 low = __int128{FloorDivided(value, AsInteger(unit))} * step;
    const __int128 rest = value - low;
    if (rest * 2 > step || (rest * 2 == step && (low / step) % 2 != 0)) {
      low += step;
    }
    if (low > INT64_MAX || low < INT64_MIN) return TooLarge(mark, heap);
    return Value(static_cast<int64_t>(low), mark);
  }
  const double real = AsReal(number);
  if (digits.is_none()) return Truncated(std::nearbyint(real), mark, heap);
  if (!std::isfinite(real) || count > 323) return Value(real, mark);
  if (count < -308) return Value(std::copysign(0.0, real), mark);
  if (count < 0) {
    const double unit = std::pow(10.0, static_cast<double>(-count));
    return Value(std::nearbyint(real / unit) * unit, mark);
  }
  // The text is rounded from the exact value, as Python's is.
  const std::string text =
      absl::StrFormat("%.*f", static_cast<int>(count), real);
  return Value(std::strtod(text.c_str(), nullptr), mark);
}

}  // namespace anneal::config::python
