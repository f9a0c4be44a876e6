#include "utils/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

namespace anneal {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// A stream that is read back.
class Stream {
 public:
  Stream() : file_(std::tmpfile()) {}
  ~Stream() { std::fclose(file_); }

  std::FILE* file() { return file_; }
  std::string Text() {
    std::string text(std::ftell(file_), '\0');
    std::rewind(file_);
    text.resize(std::fread(&text[0], 1, text.size(), file_));
    return text;
  }

 private:
  std::FILE* file_;
};

TEST(ProgressBar, EqualsMmengine) {
  std::ifstream golden("utils/progress_bar_golden.txt");
  ASSERT_TRUE(golden.is_open());
  int num_lines = 0;
  std::string line;
  while (std::getline(golden, line)) {
    const size_t bar = line.find('|');
    std::istringstream numbers(line.substr(0, bar));
    int64_t done;
    int64_t total;
    double elapsed;
    int width;
    numbers >> done >> total >> elapsed >> width;

    EXPECT_EQ(ProgressBar::Line(done, total, 0, absl::Seconds(elapsed), width),
              line.substr(bar + 1));
    ++num_lines;
  }
  EXPECT_EQ(num_lines, 8);
}

TEST(ProgressBar, RateCountsWhatWasDoneSinceTheBarBegan) {
  const std::string line =
      ProgressBar::Line(60, 100, 50, absl::Seconds(10), 120);

  EXPECT_THAT(line, HasSubstr("60/100, 1.0 task/s, elapsed: 10s, ETA:    40s"));
}

TEST(ProgressBar, NothingDoneHasNoEnd) {
  const std::string line =
      ProgressBar::Line(0, 100, 0, absl::ZeroDuration(), 120);

  EXPECT_THAT(line, HasSubstr("] 0/100, 0.0 task/s, elapsed: 0s, ETA:     0s"));
}

TEST(ProgressBar, LineFitsAnyTerminal) {
  for (int width = 0; width < 200; ++width) {
    EXPECT_LE(ProgressBar::Line(50, 133, 0, absl::Seconds(1), width).size(),
              width);
    EXPECT_LE(ProgressBar::Line(50, 0, 0, absl::Seconds(1), width).size(),
              width);
  }
}

TEST(ProgressBar, MoreThanAllDoneStaysInsideTheBrackets) {
  EXPECT_THAT(ProgressBar::Line(20, 10, 0, absl::Seconds(1), 200),
              StartsWith("[" + std::string(50, '>') + "] 20/10"));
}

TEST(ProgressBar, DrawsOverItsOwnLine) {
  Stream stream;
  ProgressBar bar(10, stream.file());

  bar.Update(1);

  EXPECT_THAT(stream.Text(), StartsWith("\r\x1b[K[>"));
}

TEST(ProgressBar, FastUpdatesAreNotAllDrawnButTheLastIs) {
  Stream stream;
  ProgressBar bar(1000, stream.file());

  for (int done = 1; done <= 1000; ++done) bar.Update(done);

  const std::string text = stream.Text();
  EXPECT_LT(text.size(), 500 * 80);
  EXPECT_THAT(text, HasSubstr(" 1000/1000"));
}

TEST(ProgressBar, ClearWipesTheLine) {
  Stream stream;
  ProgressBar bar(10, stream.file());

  bar.Clear();

  EXPECT_EQ(stream.Text(), "\r\x1b[K");
}

TEST(ProgressBar, RedrawBringsTheLineBack) {
  Stream stream;
  ProgressBar bar(10, stream.file());
  bar.Update(3);
  std::rewind(stream.file());

  bar.Redraw();

  EXPECT_THAT(stream.Text(), HasSubstr("] 3/10"));
}

}  // namespace
}  // namespace anneal
