#include "utils/real_text.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

namespace anneal {
namespace {

TEST(RealText, IsPythonsRepr) {
  std::ifstream golden("utils/real_text_golden.txt");
  std::string exact, repr;
  int num_lines = 0;
  for (; golden >> exact >> repr; ++num_lines) {
    EXPECT_EQ(RealText(std::strtod(exact.c_str(), nullptr)), repr) << exact;
  }
  EXPECT_EQ(num_lines, 27);
}

TEST(RealText, ReadsBackAsTheSameReal) {
  for (const double real : {0.1, 2.0 / 3, 5e-324, 1.7976931348623157e308}) {
    EXPECT_EQ(std::strtod(RealText(real).c_str(), nullptr), real);
  }
}

}  // namespace
}  // namespace anneal
