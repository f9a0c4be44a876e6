#include "fileio/utf8.h"

#include <gtest/gtest.h>

#include <string>

namespace anneal {
namespace {

struct Text {
  const char* name;
  std::string bytes;
  bool is_utf8;
};

class IsUtf8Test : public ::testing::TestWithParam<Text> {};

// The rows of Unicode's table 3-7, at their edges.
TEST_P(IsUtf8Test, TellsWellFormedTexts) {
  EXPECT_EQ(IsUtf8(GetParam().bytes), GetParam().is_utf8);
  // Past the eight bytes that are looked at together, and within them.
  EXPECT_EQ(IsUtf8("12345678" + GetParam().bytes), GetParam().is_utf8);
  EXPECT_EQ(IsUtf8(GetParam().bytes + "12345678"), GetParam().is_utf8);
}

INSTANTIATE_TEST_SUITE_P(
    Table, IsUtf8Test,
    ::testing::Values(Text{"Empty", "", true}, Text{"Ascii", "a\x7f", true},
                      Text{"Nul", std::string(1, '\0'), true},
                      Text{"FirstOfTwo", "\xC2\x80", true},
                      Text{"LastOfTwo", "\xDF\xBF", true},
                      Text{"FirstOfThree", "\xE0\xA0\x80", true},
                      Text{"BeforeSurrogates", "\xED\x9F\xBF", true},
                      Text{"AfterSurrogates", "\xEE\x80\x80", true},
                      Text{"LastOfThree", "\xEF\xBF\xBF", true},
                      Text{"FirstOfFour", "\xF0\x90\x80\x80", true},
                      Text{"LastOfFour", "\xF4\x8F\xBF\xBF", true},
                      Text{"LoneTail", "\x80", false},
                      Text{"OverlongTwo", "\xC1\xBF", false},
                      Text{"OverlongThree", "\xE0\x9F\xBF", false},
                      Text{"OverlongFour", "\xF0\x8F\xBF\xBF", false},
                      Text{"Surrogate", "\xED\xA0\x80", false},
                      Text{"PastTheLast", "\xF4\x90\x80\x80", false},
                      Text{"FiveBytes", "\xF8\x88\x80\x80\x80", false},
                      Text{"CutOff", "\xE2\x82", false},
                      Text{"HeadForTail", "\xE2\x82\xC2", false}),
    [](const auto& info) { return info.param.name; });

TEST(CodePoints, AreThoseOfEachLength) {
  EXPECT_EQ(CodePointsOf("a\x7f\u00e9\u20ac\U0001F600\U0010FFFF"),
            U"a\x7f\u00e9\u20ac\U0001F600\U0010FFFF");
  EXPECT_EQ(CodePointsOf(""), U"");
}

TEST(CodePoints, ComeBackAsTheSameText) {
  std::string text;
  std::u32string points;
  for (char32_t point = 0; point <= 0x10FFFF; ++point) {
    if (point >= 0xD800 && point <= 0xDFFF) continue;
    points += point;
    AppendUtf8(point, &text);
  }

  EXPECT_TRUE(IsUtf8(text));
  EXPECT_TRUE(CodePointsOf(text) == points);
}

TEST(Latin1, ComesBackFromUtf8) {
  std::string bytes;
  for (int c = 0; c < 256; ++c) bytes += static_cast<char>(c);

  const std::string text = Latin1ToUtf8(bytes);

  EXPECT_TRUE(IsUtf8(text));
  EXPECT_EQ(Utf8ToLatin1(text), bytes);
}

TEST(Latin1, HoldsNoLaterCodePoint) {
  EXPECT_EQ(Latin1ToUtf8("\xE9"), "\xC3\xA9");
  EXPECT_EQ(Utf8ToLatin1("\xC3\xBF"), "\xFF");
  EXPECT_EQ(Utf8ToLatin1("\xC4\x80"), absl::nullopt);
  EXPECT_EQ(Utf8ToLatin1("\xE2\x82\xAC"), absl::nullopt);
}

}  // namespace
}  // namespace anneal
