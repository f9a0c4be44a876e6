#include "utils/real_text.h"

#include <charconv>
#include <cmath>

namespace anneal {

std::string RealText(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  char buffer[32];
  const auto text = [&](std::chars_format format) {
    const auto end =
        std::to_chars(buffer, buffer + sizeof(buffer), value, format);
    return std::string(buffer, end.ptr);
  };
  const double size = std::abs(value);
  if (size != 0 && (size < 1e-4 || size >= 1e16)) {
    return text(std::chars_format::scientific);
  }
  const std::string digits = text(std::chars_format::fixed);
  return digits.find('.') == digits.npos ? digits + ".0" : digits;
}

}  // namespace anneal
