#include "config/scalar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <string>

namespace anneal::config {
namespace {

using ::testing::IsNan;

struct IntegerCase {
  const char* name;
  const char* text;
  int64_t value;
};

class Integer : public ::testing::TestWithParam<IntegerCase> {};

TEST_P(Integer, IsParsed) {
  int64_t value = 0;
  ASSERT_TRUE(ParseInteger(GetParam().text, &value)) << GetParam().text;
  EXPECT_EQ(value, GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(Grammar, Integer,
                         ::testing::ValuesIn<IntegerCase>({
                             {"Zero", "0", 0},
                             {"Positive", "42", 42},
                             {"Plus", "+42", 42},
                             {"Minus", "-42", -42},
                             {"LeadingZeros", "007", 7},
                             {"Underscores", "1_000_000", 1000000},
                             {"Hex", "0x1F", 31},
                             {"NegativeHex", "-0xff", -255},
                             {"HexWithUnderscore", "0xdead_beef", 0xdeadbeef},
                             {"Octal", "0o17", 15},
                             {"Binary", "0b101", 5},
                             {"Largest", "9223372036854775807",
                              std::numeric_limits<int64_t>::max()},
                             {"Smallest", "-9223372036854775808",
                              std::numeric_limits<int64_t>::min()},
                         }),
                         [](const auto& info) { return info.param.name; });

class NoInteger : public ::testing::TestWithParam<const char*> {};

TEST_P(NoInteger, IsRefused) {
  int64_t value = 0;
  EXPECT_FALSE(ParseInteger(GetParam(), &value)) << value;
}

INSTANTIATE_TEST_SUITE_P(Grammar, NoInteger,
                         ::testing::Values("", "-", "+", "-+5", "--5", "1.0",
                                           "1e3", "0x", "0xg", "0b2", "0o8",
                                           "_1", "1_", "1__0", " 1", "1 ", "a",
                                           "9223372036854775808",
                                           "-9223372036854775809",
                                           "99999999999999999999999"));

struct RealCase {
  const char* name;
  const char* text;
  double value;
};

class Real : public ::testing::TestWithParam<RealCase> {};

TEST_P(Real, IsParsed) {
  double value = 0;
  ASSERT_TRUE(ParseReal(GetParam().text, &value)) << GetParam().text;
  EXPECT_EQ(value, GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(Grammar, Real,
                         ::testing::ValuesIn<RealCase>({
                             {"Point", "0.5", 0.5},
                             {"NoLeadingDigit", ".5", 0.5},
                             {"NoTrailingDigit", "5.", 5},
                             {"ExponentAlone", "1e-3", 1e-3},
                             {"CapitalExponent", "-2.5E+3", -2500},
                             {"Underscores", "1_000.5", 1000.5},
                             {"BeyondSixtyFourBits", "99999999999999999999",
                              1e20},
                             {"YamlInfinity", ".inf", HUGE_VAL},
                             {"NegativeYamlInfinity", "-.INF", -HUGE_VAL},
                             {"PythonInfinity", "inf", HUGE_VAL},
                             {"JsonInfinity", "-Infinity", -HUGE_VAL},
                         }),
                         [](const auto& info) { return info.param.name; });

TEST(ParseReal, KnowsNan) {
  for (const char* text : {"nan", ".nan", "NaN"}) {
    double value = 0;
    ASSERT_TRUE(ParseReal(text, &value)) << text;
    EXPECT_THAT(value, IsNan()) << text;
  }
}

class NoReal : public ::testing::TestWithParam<const char*> {};

TEST_P(NoReal, IsRefused) {
  double value = 0;
  EXPECT_FALSE(ParseReal(GetParam(), &value)) << value;
}

INSTANTIATE_TEST_SUITE_P(Grammar, NoReal,
                         ::testing::Values("", ".", "-", "e5", "E", "1e", "1_",
                                           "_1", "1._5", "1e_5", "1__0.0",
                                           "1-2", "--5", "+-5", "2024-01-01",
                                           "1.2.3", "0x1p3", "infinite", "nano",
                                           " 1.0"));

}  // namespace
}  // namespace anneal::config
