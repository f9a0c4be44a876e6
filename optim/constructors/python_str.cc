#include "optim/constructors/python_str.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace anneal {
namespace {

// The fewest digits that read back as `value`; positional for exponents from
// -4 to 15.
std::string RealStr(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  int digits = 1;
  double read = 0;
  while (
      digits < 17 &&
      !(absl::SimpleAtod(absl::StrFormat("%.*e", digits - 1, value), &read) &&
        read == value)) {
    ++digits;
  }
  const std::string scientific = absl::StrFormat("%.*e", digits - 1, value);
  int exponent = 0;
  std::sscanf(scientific.c_str() + scientific.find('e') + 1, "%d", &exponent);
  if (exponent < -4 || exponent > 15) return scientific;
  const int decimals = std::max(digits - 1 - exponent, 1);
  return absl::StrFormat("%.*f", decimals, value);
}

}  // namespace

std::string PythonStr(const Value& value) {
  if (const auto* real = value.get_if<double>()) return RealStr(*real);
  if (const auto* text = value.get_if<std::string>()) return *text;
  if (const auto* list = value.get_if<Value::List>()) {
    const std::string items =
        absl::StrJoin(*list, ", ", [](std::string* out, const Value& item) {
          const bool is_text = item.get_if<std::string>() != nullptr;
          out->append(is_text ? item.DebugString() : PythonStr(item));
        });
    return absl::StrFormat("[%s]", items);
  }
  return value.DebugString();
}

}  // namespace anneal
