#include "tools/stroke_font.h"

#include <map>

#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace anneal {
namespace {

// Letter -> strokes between blanks, each of points of two digits, x and y;
// a is 10, g 16.
const std::map<char, absl::string_view>& Glyphs() {
  static const auto* glyphs = new std::map<char, absl::string_view>{
      {' ', ""},
      {'0', "2060828a6c2c0a0220"},
      {'1', "22404c 2c6c"},
      {'2', "02206082840c8c"},
      {'3', "01206082846636 66888a6c2c0a"},
      {'4', "6c600989"},
      {'5', "80000565878a6c2c0a"},
      {'6', "816020030a2c6c8a88662608"},
      {'7', "00802c"},
      {'8', "206082846626040220 26080a2c6c8a8866"},
      {'9', "0b2c6c898260200204266684"},
      {'A', "0c408c 1979"},
      {'B', "000c 005071755606 56878b6c0c"},
      {'C', "826020020a2c6c8a"},
      {'D', "000c5c89835000"},
      {'E', "80000c8c 0666"},
      {'F', "80000c 0666"},
      {'G', "826020020a2c6c8a8757"},
      {'H', "000c 808c 0686"},
      {'I', "404c 2060 2c6c"},
      {'J', "606a4c2c0a"},
      {'K', "000c 8006 258c"},
      {'L', "000c8c"},
      {'M', "0c0046808c"},
      {'N', "0c008c80"},
      {'O', "2060828a6c2c0a0220"},
      {'P', "0c006082846606"},
      {'Q', "2060828a6c2c0a0220 588c"},
      {'R', "0c006082846606 468c"},
      {'S', "82602002042666888a6c2c0a"},
      {'T', "0080 404c"},
      {'U', "000a2c6c8a80"},
      {'V', "004c80"},
      {'W', "002c446c80"},
      {'X', "008c 800c"},
      {'Y', "004680 464c"},
      {'Z', "00800c8c"},
      {'a', "848c 866424060a2c6c8a"},
      {'b', "000c 062464868a6c2c0a"},
      {'c', "866424060a2c6c8a"},
      {'d', "808c 866424060a2c6c8a"},
      {'e', "0888866424060a2c6c8b"},
      {'f', "7050323c 1464"},
      {'g', "848e6g2g0e 866424060a2c6c8a"},
      {'h', "000c 062464868c"},
      {'i', "444c 4041"},
      {'j', "545e3g1g 5051"},
      {'k', "000c 7409 388c"},
      {'l', "404c"},
      {'m', "040c 061434464c 465474868c"},
      {'n', "040c 062464868c"},
      {'o', "2464868a6c2c0a0624"},
      {'p', "040g 062464868a6c2c0a"},
      {'q', "848g 866424060a2c6c8a"},
      {'r', "040c 07245475"},
      {'s', "85642405072868898b6c2c0b"},
      {'t', "313a5c7c 1464"},
      {'u', "040a2c6c8a 848c"},
      {'v', "044c84"},
      {'w', "042c466c84"},
      {'x', "048c 840c"},
      {'y', "044c 842g"},
      {'z', "04840c8c"},
      {'.', "4b4c"},
      {',', "4b4c3e"},
      {':', "4546 4b4c"},
      {';', "4546 4b4c3e"},
      {'-', "1777"},
      {'_', "0e8e"},
      {'+', "434b 0787"},
      {'=', "0585 0989"},
      {'/', "0c80"},
      {'(', "6043496c"},
      {')', "2045492c"},
      {'[', "60303c6c"},
      {']', "20505c2c"},
      {'<', "82078c"},
      {'>', "02870c"},
      {'\'', "4043"},
  };
  return *glyphs;
}

int Digit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

}  // namespace

std::vector<std::vector<Point>> StrokesOf(char letter) {
  const auto it = Glyphs().find(letter);
  const absl::string_view glyph =
      it == Glyphs().end() ? "00808c0c00" : it->second;
  std::vector<std::vector<Point>> strokes;
  for (const absl::string_view points :
       absl::StrSplit(glyph, ' ', absl::SkipEmpty())) {
    auto& stroke = strokes.emplace_back();
    for (size_t i = 0; i + 1 < points.size(); i += 2) {
      stroke.push_back({1. * Digit(points[i]), 1. * Digit(points[i + 1])});
    }
  }
  return strokes;
}

}  // namespace anneal
