#include "fileio/line_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "fileio/file_stream.h"

namespace anneal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Gives at most `most` bytes at a time.
class Cut : public InputStream {
 public:
  Cut(std::string text, size_t most) : text_(std::move(text)), most_(most) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    const size_t taken = text_.copy(buffer, std::min(size, most_), next_);
    next_ += taken;
    return taken;
  }
  absl::optional<int64_t> size() const override { return absl::nullopt; }

 private:
  const std::string text_;
  const size_t most_;
  size_t next_ = 0;
};

std::vector<std::string> LinesOf(InputStream* input, bool translates) {
  LineReader reader(input, translates);
  std::vector<std::string> lines;
  while (const auto line = *reader.Next()) lines.emplace_back(*line);
  EXPECT_EQ(reader.num_lines(), lines.size());
  return lines;
}

// Read at once and cut everywhere.
std::vector<std::string> Lines(const std::string& text,
                               bool translates = true) {
  Cut cut(text, text.size() / 1000 + 1);
  const std::vector<std::string> lines = LinesOf(&cut, translates);
  const auto whole = InputFromBytes(text);
  EXPECT_EQ(LinesOf(whole.get(), translates), lines);
  return lines;
}

TEST(LineReader, EndsLinesAsPythonDoes) {
  EXPECT_THAT(Lines("a\nb\r\nc\rd\n\r\n\r\re"),
              ElementsAre("a", "b", "c", "d", "", "", "", "e"));
  EXPECT_THAT(Lines("a\r"), ElementsAre("a"));
  EXPECT_THAT(Lines("a\r\n"), ElementsAre("a"));
  EXPECT_THAT(Lines("\n"), ElementsAre(""));
  EXPECT_THAT(Lines(""), IsEmpty());
}

TEST(LineReader, LeavesCarriageReturnsWhereTheyEndNoLine) {
  EXPECT_THAT(Lines("a\r\nb\rc\n", /*translates=*/false),
              ElementsAre("a\r", "b\rc"));
}

TEST(LineReader, ReadsLinesLongerThanAPiece) {
  const std::string longer(1000000, 'x');

  EXPECT_THAT(Lines(absl::StrCat(longer, "\n", longer, "y\nz")),
              ElementsAre(longer, longer + "y", "z"));
}

TEST(LineReader, SaysWhichLineIsNotUtf8) {
  const auto input = InputFromBytes("caf\xc3\xa9\ncaf\xe9\n");
  LineReader reader(input.get(), true);

  EXPECT_EQ(**reader.Next(), "caf\xc3\xa9");
  const absl::Status status = reader.Next().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("line 2 is no UTF-8 text"));
}

// Zeros without an end; counts what is asked for.
class Endless : public InputStream {
 public:
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    std::fill(buffer, buffer + size, '\0');
    given_ += size;
    return size;
  }
  absl::optional<int64_t> size() const override { return absl::nullopt; }
  size_t given() const { return given_; }

 private:
  size_t given_ = 0;
};

TEST(LineReader, RefusesALineOf64MegabytesWithoutReadingItsRest) {
  Endless input;
  LineReader reader(&input, true);

  const absl::Status status = reader.Next().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("line 1 has more than 64 MiB; is it a text?"));
  EXPECT_LT(input.given(), 65 << 20);
}

class Broken : public InputStream {
 public:
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    return absl::DataLossError("cut");
  }
  absl::optional<int64_t> size() const override { return absl::nullopt; }
};

TEST(LineReader, GivesTheStreamsError) {
  Broken input;
  LineReader reader(&input, true);

  EXPECT_EQ(reader.Next().status(), absl::DataLossError("cut"));
}

}  // namespace
}  // namespace anneal
