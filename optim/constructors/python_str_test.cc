#include "optim/constructors/python_str.h"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace anneal {
namespace {

struct Case {
  const char* name;
  Value value;
  const char* text;  // what Python 3.11 prints
};

class PythonStrCases : public ::testing::TestWithParam<Case> {};

TEST_P(PythonStrCases, IsWhatPythonPrints) {
  EXPECT_EQ(PythonStr(GetParam().value), GetParam().text);
}

INSTANTIATE_TEST_SUITE_P(
    Values, PythonStrCases,
    ::testing::Values(
        Case{"Zero", 0.0, "0.0"}, Case{"NegativeZero", -0.0, "-0.0"},
        Case{"Whole", 2.0, "2.0"}, Case{"Hundred", 100.0, "100.0"},
        Case{"Thousandth", 0.001, "0.001"},
        Case{"SmallestPositional", 0.0001, "0.0001"},
        Case{"Small", 0.00001, "1e-05"}, Case{"Smaller", -2.5e-7, "-2.5e-07"},
        Case{"Inexact", 0.1 * 0.1, "0.010000000000000002"},
        Case{"AllDigits", 0.1 + 0.2, "0.30000000000000004"},
        Case{"LargestPositional", 1e15, "1000000000000000.0"},
        Case{"Large", 1e16, "1e+16"}, Case{"Larger", 1.5e300, "1.5e+300"},
        Case{"Infinity", std::numeric_limits<double>::infinity(), "inf"},
        Case{"NotANumber", std::numeric_limits<double>::quiet_NaN(), "nan"},
        Case{"Integer", 3, "3"}, Case{"Bool", true, "True"},
        Case{"None", Value(), "None"}, Case{"Word", "word", "word"},
        Case{"List", Value::List{0.9, 1e-5, "word"}, "[0.9, 1e-05, 'word']"}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace anneal
