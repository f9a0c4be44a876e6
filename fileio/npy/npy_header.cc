#include "fileio/npy/npy_header.h"

#include <set>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "fileio/little_endian.h"
#include "utils/status_macros.h"

namespace anneal {
namespace {

constexpr absl::string_view kMagic("\x93NUMPY", 6);
constexpr size_t kMaxRank = 64;

absl::Status CutOff() {
  return absl::DataLossError("no .npy file, or it is cut off in its header");
}

// Takes the literal apart: strings, booleans and tuples of integers are all
// that a header holds.
class HeaderParser {
 public:
  explicit HeaderParser(absl::string_view text) : text_(text), rest_(text) {}

  absl::StatusOr<NpyHeader> Parse() {
    NpyHeader header;
    std::set<std::string> keys;
    if (!Take("{")) return Malformed();
    while (!Take("}")) {
      ASSIGN_OR_RETURN(const std::string key, ParseString());
      if (!Take(":")) return Malformed();
      if (key == "descr") {
        if (absl::StartsWith(rest_, "[")) {
          return absl::InvalidArgumentError(
              "a .npy file of records with fields; save each field as an "
              "array of its own");
        }
        ASSIGN_OR_RETURN(header.descr, ParseString());
      } else if (key == "fortran_order") {
        header.fortran_order = absl::StartsWith(rest_, "True");
        if (!Take("True") && !Take("False")) return Malformed();
      } else if (key == "shape") {
        ASSIGN_OR_RETURN(header.shape, ParseShape());
      } else {
        return Malformed();
      }
      if (!keys.insert(key).second) return Malformed();
      if (!Take(",") && !absl::StartsWith(rest_, "}")) return Malformed();
    }
    constexpr size_t kNumKeys = 3;
    if (keys.size() != kNumKeys || header.descr.empty() || !rest_.empty()) {
      return Malformed();
    }
    return header;
  }

 private:
  absl::Status Malformed() const {
    return absl::DataLossError(absl::StrCat(
        "no .npy header: ", absl::CHexEscape(text_.substr(0, 100))));
  }

  bool Take(absl::string_view word) {
    if (!absl::ConsumePrefix(&rest_, word)) return false;
    rest_ = absl::StripLeadingAsciiWhitespace(rest_);
    return true;
  }

  absl::StatusOr<std::string> ParseString() {
    if (rest_.empty() || (rest_[0] != '\'' && rest_[0] != '"')) {
      return Malformed();
    }
    const size_t end = rest_.find(rest_[0], 1);
    if (end == rest_.npos) return Malformed();
    std::string text(rest_.substr(1, end - 1));
    Take(rest_.substr(0, end + 1));
    return text;
  }

  absl::StatusOr<std::vector<int64_t>> ParseShape() {
    std::vector<int64_t> shape;
    if (!Take("(")) return Malformed();
    while (!Take(")")) {
      size_t n = 0;
      while (n < rest_.size() && absl::ascii_isdigit(rest_[n])) ++n;
      int64_t dim = 0;
      if (!absl::SimpleAtoi(rest_.substr(0, n), &dim)) return Malformed();
      Take(rest_.substr(0, n));
      Take("L");  // of Python 2
      if (!Take(",") && !absl::StartsWith(rest_, ")")) return Malformed();
      shape.push_back(dim);
      if (shape.size() > kMaxRank) {
        return absl::InvalidArgumentError(
            absl::StrCat("an array of more than ", kMaxRank, " dimensions"));
      }
    }
    return shape;
  }

  const absl::string_view text_;
  absl::string_view rest_;
};

}  // namespace

absl::StatusOr<NpyHeader> ReadNpyHeader(absl::string_view bytes) {
  // Magic, version, length.
  constexpr size_t kBeforeLength = 8;
  if (!absl::StartsWith(bytes, kMagic) || bytes.size() < kBeforeLength) {
    return CutOff();
  }
  const int version = bytes[6];
  if (version < 1 || version > 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("a .npy file of version ", version,
                     "; Anneal reads 1 to 3, which numpy.save writes"));
  }
  const int length_size = version == 1 ? 2 : 4;
  if (bytes.size() < kBeforeLength + length_size) return CutOff();
  const size_t begin = kBeforeLength + length_size;
  const uint64_t length =
      LoadLittleEndian(bytes.data() + kBeforeLength, length_size);
  if (length > bytes.size() - begin) return CutOff();
  const absl::string_view text =
      absl::StripAsciiWhitespace(bytes.substr(begin, length));
  ASSIGN_OR_RETURN(NpyHeader header, HeaderParser(text).Parse());
  header.size = begin + length;
  return header;
}

std::string NpyHeaderBytes(absl::string_view descr,
                           const std::vector<int64_t>& shape) {
  std::string text = absl::StrCat(
      "{'descr': '", descr, "', 'fortran_order': False, 'shape': (",
      absl::StrJoin(shape, ", "), shape.size() == 1 ? ",), }" : "), }");
  if (!shape.empty()) {
    // numpy leaves room for the first dimension to grow in place.
    constexpr size_t kMostDigits = 21;
    text.append(kMostDigits - absl::StrCat(shape[0]).size(), ' ');
  }
  constexpr size_t kAlignment = 64;
  constexpr size_t kBefore = 10;
  text.append(kAlignment - (kBefore + text.size() + 1) % kAlignment, ' ');
  text += '\n';
  std::string bytes(kMagic);
  bytes.append("\x01\x00", 2);
  AppendLittleEndian(text.size(), 2, &bytes);
  return bytes + text;
}

}  // namespace anneal
