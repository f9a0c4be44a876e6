#include "utils/nearest_name.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace anneal {
namespace {

const std::vector<std::string>& Names() {
  static const auto* names = new std::vector<std::string>{
      "lr", "momentum", "weight_decay", "nesterov", "CosineAnnealingLR"};
  return *names;
}

struct Case {
  const char* name;
  const char* typed;
  const char* nearest;
};

class Nearest : public ::testing::TestWithParam<Case> {};

TEST_P(Nearest, IsFound) {
  EXPECT_EQ(NearestName(GetParam().typed, Names()), GetParam().nearest);
}

INSTANTIATE_TEST_SUITE_P(Distances, Nearest,
                         ::testing::ValuesIn<Case>({
                             {"Itself", "momentum", "momentum"},
                             {"AnotherLetter", "momentun", "momentum"},
                             {"AMissingLetter", "momntum", "momentum"},
                             {"AnExtraLetter", "momentumm", "momentum"},
                             {"SwappedLetters", "weigth_decay", "weight_decay"},
                             {"CaseDoesNotCount", "COSINEANNEALINGlr",
                              "CosineAnnealingLR"},
                             {"AnAbbreviation", "mome", ""},
                             {"TwoMissingLetters", "nstrov", "nesterov"},
                             {"ShortNames", "rl", ""},
                             {"ShortNamesOneOff", "l", "lr"},
                             {"TooFar", "learning_rate", ""},
                             {"Nothing", "", ""},
                         }),
                         [](const auto& info) { return info.param.name; });

TEST(NearestName, OfEquallyNearOnesIsTheFirst) {
  EXPECT_EQ(NearestName("ab", {"ax", "ay"}), "ax");
}

TEST(NearestName, OfNoCandidatesIsNone) { EXPECT_EQ(NearestName("a", {}), ""); }

TEST(DidYouMean, IsARemedy) {
  EXPECT_EQ(DidYouMean("momentun", Names()), "; did you mean \"momentum\"?");
}

TEST(DidYouMean, IsEmptyWithoutANearName) {
  EXPECT_EQ(DidYouMean("learning_rate", Names()), "");
}

}  // namespace
}  // namespace anneal
